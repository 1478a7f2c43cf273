//! A code object's instructions without what layout leaves in them.
//!
//! Promises: 1. jumps and handlers name instructions, not bytes; 2. an instruction that leaves no trace moves nothing.
//! Refuses: to interpret.

use super::opcodes::{Argument, Opcodes, Role};

/// One instruction.
#[derive(Clone, Copy)]
pub(super) struct Instruction {
    pub(super) opcode: u8,
    /// Its argument; of a jump, the number of the instruction that it leads to.
    pub(super) argument: u32,
}

/// A range of instructions whose exceptions are handled.
pub(super) struct Handler {
    pub(super) begin: u32,
    pub(super) end: u32,
    pub(super) target: u32,
    pub(super) depth: u32,
}

/// Reads the bytes of a code object, and its table of exceptions.
pub(super) fn instructions(
    opcodes: &Opcodes,
    bytes: &[u8],
    table: &[u8],
) -> (Vec<Instruction>, Vec<Handler>) {
    let words: Vec<(u8, u8)> = bytes.chunks_exact(2).map(|word| (word[0], word[1])).collect();
    let role = |at: usize| opcodes.roles[usize::from(words[at].0)];
    // From a word to the number of the first instruction that is kept at or after it.
    let mut numbers = vec![0_u32; words.len() + 1];
    let mut kept = Vec::new();
    let mut extended = 0_u32;
    let mut fresh = None;
    for at in 0..words.len() {
        let next = kept_so_far(&kept);
        numbers[at] = next;
        match role(at) {
            Role::Silent => extended = 0,
            Role::Extended => {
                fresh.get_or_insert(at);
                extended = (extended | u32::from(words[at].1)) << 8;
            }
            _ => {
                let argument = extended | u32::from(words[at].1);
                extended = 0;
                fresh = None;
                let caches = words[at + 1..].iter().take_while(|word| word.0 == 0).count();
                kept.push((words[at].0, argument, at + 1 + caches));
            }
        }
    }
    numbers[words.len()] = kept_so_far(&kept);
    let number = |word: usize| numbers[word.min(words.len())];
    let resolved = kept.iter().map(|&(opcode, argument, next)| {
        let far = argument as usize;
        let argument = match opcodes.arguments[usize::from(opcode)] {
            Argument::Forward => number(next.saturating_add(far)),
            Argument::Backward => number(next.saturating_sub(far)),
            Argument::Absolute => number(far),
            _ => argument,
        };
        Instruction { opcode, argument }
    });
    (resolved.collect(), handlers(table, number))
}

fn kept_so_far<T>(kept: &[T]) -> u32 {
    u32::try_from(kept.len()).unwrap_or(u32::MAX)
}

/// The table of exceptions of CPython 3.11 and later (`Objects/exception_handling_notes.txt`): numbers of six bits
/// each byte, the highest first.
fn handlers(table: &[u8], number: impl Fn(usize) -> u32) -> Vec<Handler> {
    let mut bytes = table.iter().copied().peekable();
    let mut next = || -> Option<u32> {
        let mut byte = bytes.next()?;
        let mut value = u32::from(byte & 63);
        while byte & 64 != 0 {
            byte = bytes.next()?;
            value = value << 6 | u32::from(byte & 63);
        }
        Some(value)
    };
    let mut found: Vec<Handler> = Vec::new();
    while let (Some(begin), Some(length), Some(target), Some(depth)) = (next(), next(), next(), next()) {
        let (begin, end) = (number(begin as usize), number((begin + length) as usize));
        let handler = Handler { begin, end, target: number(target as usize), depth };
        // Ranges that layout had cut in two are one.
        match found.last_mut() {
            Some(last)
                if last.end == handler.begin && last.target == handler.target && last.depth == depth =>
            {
                last.end = handler.end;
            }
            _ if handler.begin == handler.end => {}
            _ => found.push(handler),
        }
    }
    found
}
