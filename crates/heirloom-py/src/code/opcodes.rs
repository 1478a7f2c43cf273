//! What this interpreter's instructions are, read once from its own `opcode` module.
//!
//! Promises: nothing about a version of Python stands in our code but the names of instructions. Refuses: unknown
//! interpreters; an instruction without a name counts by its number.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// What an instruction's argument is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    /// A number that counts as it is.
    Plain,
    /// Into the constants.
    Constant,
    /// Into the names; the lowest bits are flags.
    Name { flags: u8 },
    /// A jump, forward from the next instruction.
    Forward,
    /// A jump, backward from the next instruction.
    Backward,
    /// A jump to a place.
    Absolute,
}

/// What an instruction does to names, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing.
    Other,
    /// Leaves no trace: it comes and goes with layout or with the interpreter's mood.
    Silent,
    /// Works on the stack, and says nothing that its neighbour does not say.
    Uncounted,
    /// Two instructions in one, each with four bits of the argument (from 3.13 on, where both stand on one line).
    Pair(u8, u8),
    /// Widens the next argument.
    Extended,
    /// Loads a global.
    LoadGlobal,
    /// Loads an attribute or a method.
    LoadAttribute,
    /// Stores a name in a class body.
    StoreName,
    /// Imports a module: below it on the stack stand level and names.
    ImportName,
    /// Takes a name out of an imported module.
    ImportFrom,
    /// Loads a constant.
    LoadConstant,
    /// Makes a function of code.
    MakeFunction,
    /// Gives a function its defaults, annotations or cells (from 3.13 on).
    SetFunctionAttribute,
}

/// Every instruction by its number.
pub(super) struct Opcodes {
    pub(super) arguments: [Argument; 256],
    pub(super) roles: [Role; 256],
    /// Whether `MAKE_FUNCTION` takes defaults, annotations and cells from the stack (before 3.13).
    pub(super) makes_alone: bool,
    /// Whether it takes the name as well (before 3.11).
    pub(super) makes_with_name: bool,
}

impl Opcodes {
    /// This interpreter's instructions.
    pub(super) fn get(py: Python<'_>) -> PyResult<&'static Self> {
        static OPCODES: PyOnceLock<Opcodes> = PyOnceLock::new();
        OPCODES.get_or_try_init(py, || Self::read(py))
    }

    fn read(py: Python<'_>) -> PyResult<Self> {
        let module = py.import("opcode")?;
        let version: (u32, u32) = (py.version_info().major.into(), py.version_info().minor.into());
        let listed = |list: &str| -> PyResult<Vec<u16>> { module.getattr(list)?.extract() };
        let (constants, names) = (listed("hasconst")?, listed("hasname")?);
        let (relative, absolute) = (listed("hasjrel")?, listed("hasjabs")?);
        let mut all = Self {
            arguments: [Argument::Plain; 256],
            roles: [Role::Other; 256],
            makes_alone: version < (3, 13),
            makes_with_name: version < (3, 11),
        };
        let opmap = module.getattr("opmap")?;
        for (name, number) in opmap.cast::<PyDict>().map_err(PyErr::from)?.iter() {
            let (name, number): (String, u16) = (name.extract()?, number.extract()?);
            let Ok(at) = u8::try_from(number) else { continue };
            all.arguments[usize::from(at)] = if constants.contains(&number) {
                Argument::Constant
            } else if names.contains(&number) {
                Argument::Name { flags: flags(&name, version) }
            } else if relative.contains(&number) {
                if name.contains("BACKWARD") { Argument::Backward } else { Argument::Forward }
            } else if absolute.contains(&number) {
                Argument::Absolute
            } else {
                Argument::Plain
            };
            all.roles[usize::from(at)] = role(&name);
            if let Some((first, second)) = pair(&name) {
                let number = |name: &str| opmap.get_item(name)?.extract::<u8>();
                if let (Ok(first), Ok(second)) = (number(first), number(second)) {
                    all.roles[usize::from(at)] = Role::Pair(first, second);
                }
            }
        }
        Ok(all)
    }
}

/// How many of the lowest bits of a name's argument are flags.
fn flags(name: &str, version: (u32, u32)) -> u8 {
    match name {
        "LOAD_GLOBAL" if version >= (3, 11) => 1,
        "LOAD_ATTR" if version >= (3, 12) => 1,
        "LOAD_SUPER_ATTR" => 2,
        _ => 0,
    }
}

/// The two instructions that one of both does.
fn pair(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "LOAD_FAST_LOAD_FAST" => Some(("LOAD_FAST", "LOAD_FAST")),
        "STORE_FAST_LOAD_FAST" => Some(("STORE_FAST", "LOAD_FAST")),
        "STORE_FAST_STORE_FAST" => Some(("STORE_FAST", "STORE_FAST")),
        _ => None,
    }
}

fn role(name: &str) -> Role {
    match name {
        "CACHE" | "NOP" | "RESUME" => Role::Silent,
        "PRECALL" => Role::Uncounted,
        "EXTENDED_ARG" => Role::Extended,
        "LOAD_GLOBAL" | "LOAD_NAME" | "LOAD_FROM_DICT_OR_GLOBALS" => Role::LoadGlobal,
        "LOAD_ATTR" | "LOAD_METHOD" | "LOAD_SUPER_ATTR" => Role::LoadAttribute,
        "STORE_NAME" => Role::StoreName,
        "IMPORT_NAME" => Role::ImportName,
        "IMPORT_FROM" => Role::ImportFrom,
        "LOAD_CONST" => Role::LoadConstant,
        "MAKE_FUNCTION" => Role::MakeFunction,
        "SET_FUNCTION_ATTRIBUTE" => Role::SetFunctionAttribute,
        _ => Role::Other,
    }
}
