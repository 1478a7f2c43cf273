//! Digests a code object, and lists the names through which it reaches other code.
//!
//! Promises: 1. constants and names count in the order of their first use, so what a docstring or an annotation adds
//! to a table moves nothing; 2. a text that could be a name counts as a mention of it: `getattr(x, "fit")`. Refuses:
//! to follow anything.

use std::collections::{BTreeMap, BTreeSet};

use heirloom_core::identity::key::Encoded;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCode, PyFrozenSet, PyString, PyTuple};

use super::describing::what_counts;
use super::instructions::{Handler, Instruction, decode, settle};
use super::opcodes::{Argument, Opcodes, Role};
use crate::encode::{Inside, Refusal, write};

/// Flags that say what kind of function it is: its parameters, generator, coroutine.
const KINDS: u32 = 0x04 | 0x08 | 0x20 | 0x80 | 0x100 | 0x200;
/// With one of these among its globals, a function can see the names of its local variables.
const SEES_LOCALS: [&str; 5] = ["locals", "vars", "dir", "eval", "exec"];

/// An import inside a body: module, level, names.
type Import = (String, u32, Vec<String>);

#[derive(Default)]
struct Reading {
    chains: BTreeSet<Vec<String>>,
    mentions: BTreeSet<String>,
    imports: BTreeSet<Import>,
}

/// What counts of a code object: `(digest, chains, mentions, imports)`.
///
/// `chains` are globals with the attributes that are taken from them at once (`["np", "random", "seed"]`), `mentions`
/// every attribute, and every constant that could be a name, `imports` what bodies import.
#[pyfunction]
pub(crate) fn read_code<'py>(py: Python<'py>, code: &Bound<'py, PyCode>) -> PyResult<Bound<'py, PyTuple>> {
    let mut reading = Reading::default();
    let digest = reading.read(Opcodes::get(py)?, code.as_any())?;
    let chains: Vec<Vec<String>> = reading.chains.into_iter().collect();
    let mentions: Vec<String> = reading.mentions.into_iter().collect();
    let imports: Vec<Import> = reading.imports.into_iter().collect();
    (PyBytes::new(py, digest.as_bytes()), chains, mentions, imports).into_pyobject(py)
}

/// The tables of one code object.
struct Tables<'py> {
    names: Vec<String>,
    constants: Bound<'py, PyTuple>,
}

impl Reading {
    fn read(&mut self, opcodes: &Opcodes, code: &Bound<'_, PyAny>) -> PyResult<blake3::Hash> {
        let bytes = code.getattr("co_code")?;
        let bytes = bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes();
        let table: Vec<u8> = match code.getattr("co_exceptiontable") {
            Ok(table) => table.extract()?,
            Err(_) => Vec::new(),
        };
        let tables = Tables {
            names: code.getattr("co_names")?.extract()?,
            constants: code.getattr("co_consts")?.cast_into().map_err(PyErr::from)?,
        };
        let mut raw = decode(opcodes, bytes);
        let counts = what_counts(code.py(), opcodes, &mut raw, &tables.names)?;
        let (lines, handlers) = settle(opcodes, &raw, &counts, &table);
        let mut hasher = blake3::Hasher::new();
        shape(code, &mut hasher)?;
        self.lines(opcodes, &tables, &lines, &mut hasher)?;
        for Handler { begin, end, target, depth } in handlers {
            numbers(&mut hasher, &[begin, end, target, depth]);
        }
        self.chain(opcodes, &tables, &lines);
        if SEES_LOCALS.iter().any(|name| tables.names.iter().any(|other| other == name)) {
            let locals: Vec<String> = code.getattr("co_varnames")?.extract()?;
            for name in &locals {
                text(&mut hasher, name);
            }
        }
        Ok(hasher.finalize())
    }

    fn lines(
        &mut self,
        opcodes: &Opcodes,
        tables: &Tables<'_>,
        lines: &[Instruction],
        hasher: &mut blake3::Hasher,
    ) -> PyResult<()> {
        let (mut constants, mut names) = (BTreeMap::new(), BTreeMap::new());
        for line in lines {
            let at = usize::from(line.opcode);
            let (mut argument, mut kept) = (line.argument, 0);
            match opcodes.arguments[at] {
                Argument::Constant => {
                    let next = rank(constants.len());
                    argument = *constants.entry(argument).or_insert(next);
                    if argument == next {
                        let constant = tables.constants.get_item(line.argument as usize)?;
                        self.constant(opcodes, &constant, hasher)?;
                    }
                }
                Argument::Name { flags } => {
                    kept = argument & ((1 << flags) - 1);
                    let index = argument >> flags;
                    let next = rank(names.len());
                    argument = *names.entry(index).or_insert(next);
                    if argument == next
                        && let Some(name) = tables.names.get(index as usize)
                    {
                        text(hasher, name);
                    }
                }
                _ => {}
            }
            numbers(hasher, &[u32::from(line.opcode), argument, kept]);
        }
        Ok(())
    }

    fn constant(
        &mut self,
        opcodes: &Opcodes,
        constant: &Bound<'_, PyAny>,
        hasher: &mut blake3::Hasher,
    ) -> PyResult<()> {
        if constant.cast::<PyCode>().is_ok() {
            let inner = self.read(opcodes, constant)?;
            hasher.update(b"code").update(inner.as_bytes());
            return Ok(());
        }
        self.mention(constant);
        let encoded = Encoded::written(|writer| write(constant, writer, &Inside::top(0)));
        match encoded {
            Ok(encoded) => hasher.update(encoded.as_bytes()),
            Err(Refusal::Raised(error)) => return Err(error),
            Err(_) => hasher.update(constant.repr()?.to_string().as_bytes()),
        };
        Ok(())
    }

    /// Constants that could be names: `getattr(model, "fit")`, `attrgetter("a.b")`, a tuple of keywords.
    fn mention(&mut self, constant: &Bound<'_, PyAny>) {
        if let Ok(text) = constant.cast::<PyString>() {
            let Ok(text) = text.to_str() else { return };
            if text.len() <= 200 {
                let parts = text.split('.').filter(|part| could_be_a_name(part));
                self.mentions.extend(parts.map(str::to_owned));
            }
        } else if let Ok(tuple) = constant.cast::<PyTuple>() {
            tuple.iter().for_each(|part| self.mention(&part));
        } else if let Ok(set) = constant.cast::<PyFrozenSet>() {
            set.iter().for_each(|part| self.mention(&part));
        }
    }

    /// Follows globals to the attributes that are taken from them at once, and imports to their names.
    fn chain(&mut self, opcodes: &Opcodes, tables: &Tables<'_>, lines: &[Instruction]) {
        let name = |line: &Instruction| match opcodes.arguments[usize::from(line.opcode)] {
            Argument::Name { flags } => tables.names.get((line.argument >> flags) as usize).cloned(),
            _ => None,
        };
        let role = |line: &Instruction| opcodes.roles[usize::from(line.opcode)];
        let mut stored_here = BTreeSet::new();
        for (at, line) in lines.iter().enumerate() {
            let Some(own) = name(line) else { continue };
            match role(line) {
                Role::LoadGlobal if !stored_here.contains(&own) => {
                    let attributes =
                        lines[at + 1..].iter().take_while(|next| role(next) == Role::LoadAttribute);
                    let chain: Vec<String> = [own].into_iter().chain(attributes.filter_map(name)).collect();
                    self.chains.insert(chain);
                }
                Role::LoadAttribute | Role::ImportFrom => {
                    self.mentions.insert(own);
                }
                Role::StoreName => {
                    stored_here.insert(own);
                }
                Role::ImportName => {
                    let import = import(tables, own, &lines[..at], role);
                    self.imports.insert(import);
                }
                _ => {}
            }
        }
    }
}

/// Reads level and names off the instructions before an import.
fn import(
    tables: &Tables<'_>,
    module: String,
    before: &[Instruction],
    role: impl Fn(&Instruction) -> Role,
) -> Import {
    let constant = |back: usize| {
        let line = before.len().checked_sub(back).and_then(|at| before.get(at))?;
        let constant = || tables.constants.get_item(line.argument as usize).ok();
        (role(line) == Role::LoadConstant).then(constant).flatten()
    };
    let level = constant(2).and_then(|level| level.extract().ok()).unwrap_or(0);
    let names = constant(1).and_then(|names| names.extract().ok()).unwrap_or_default();
    (module, level, names)
}

/// Parameters and kind; names of other local variables do not count.
fn shape(code: &Bound<'_, PyAny>, hasher: &mut blake3::Hasher) -> PyResult<()> {
    let number = |name: &str| -> PyResult<u32> { code.getattr(name)?.extract() };
    let (positional, named, flags) =
        (number("co_argcount")?, number("co_kwonlyargcount")?, number("co_flags")? & KINDS);
    numbers(hasher, &[positional, number("co_posonlyargcount")?, named, flags]);
    let locals: Vec<String> = code.getattr("co_varnames")?.extract()?;
    let stars = usize::from(flags & 0x04 != 0) + usize::from(flags & 0x08 != 0);
    let parameters = positional as usize + named as usize + stars;
    for name in locals.iter().take(parameters) {
        text(hasher, name);
    }
    let free: Vec<String> = code.getattr("co_freevars")?.extract()?;
    numbers(hasher, &[rank(locals.len()), rank(free.len())]);
    Ok(())
}

fn could_be_a_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && letters.all(|letter| letter == '_' || letter.is_alphanumeric())
}

fn text(hasher: &mut blake3::Hasher, text: &str) {
    numbers(hasher, &[rank(text.len())]);
    hasher.update(text.as_bytes());
}

fn numbers(hasher: &mut blake3::Hasher, numbers: &[u32]) {
    for number in numbers {
        hasher.update(&number.to_le_bytes());
    }
}

fn rank(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
