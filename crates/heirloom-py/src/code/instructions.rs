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

/// One instruction as it stands in the bytes.
pub(super) struct Raw {
    pub(super) opcode: u8,
    pub(super) argument: u32,
    /// The word after it and after its caches: jumps count from here.
    next: usize,
    /// The word at which it begins, with what widens its argument.
    begin: usize,
}

/// Reads the instructions that do something.
pub(super) fn decode(opcodes: &Opcodes, bytes: &[u8]) -> Vec<Raw> {
    let words: Vec<(u8, u8)> = bytes.chunks_exact(2).map(|word| (word[0], word[1])).collect();
    let mut found = Vec::new();
    let mut extended = 0_u32;
    let mut begin = None;
    for (at, &(opcode, low)) in words.iter().enumerate() {
        match opcodes.roles[usize::from(opcode)] {
            Role::Silent => (extended, begin) = (0, None),
            Role::Extended => {
                begin.get_or_insert(at);
                extended = (extended | u32::from(low)) << 8;
            }
            _ => {
                let argument = extended | u32::from(low);
                let caches = words[at + 1..].iter().take_while(|word| word.0 == 0).count();
                let (begin, next) = (begin.take().unwrap_or(at), at + 1 + caches);
                if let Role::Pair(first, second) = opcodes.roles[usize::from(opcode)] {
                    found.push(Raw { opcode: first, argument: argument >> 4, next, begin });
                    found.push(Raw { opcode: second, argument: argument & 15, next, begin });
                } else {
                    found.push(Raw { opcode, argument, next, begin });
                }
                extended = 0;
            }
        }
    }
    found
}

/// Leaves out what does not count, and has jumps and handlers name what is left.
pub(super) fn settle(
    opcodes: &Opcodes,
    raw: &[Raw],
    counts: &[bool],
    table: &[u8],
) -> (Vec<Instruction>, Vec<Handler>) {
    // The first instruction that is kept at or after a word.
    let kept: Vec<&Raw> = raw.iter().zip(counts).filter(|(_, counts)| **counts).map(|(raw, _)| raw).collect();
    let number = |word: usize| {
        let before = kept.partition_point(|raw| raw.begin < word && raw.next <= word);
        u32::try_from(before).unwrap_or(u32::MAX)
    };
    let settled = kept.iter().map(|raw| {
        let far = raw.argument as usize;
        let argument = match opcodes.arguments[usize::from(raw.opcode)] {
            Argument::Forward => number(raw.next.saturating_add(far)),
            Argument::Backward => number(raw.next.saturating_sub(far)),
            Argument::Absolute => number(far),
            _ => raw.argument,
        };
        Instruction { opcode: raw.opcode, argument }
    });
    (settled.collect(), handlers(table, number))
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
