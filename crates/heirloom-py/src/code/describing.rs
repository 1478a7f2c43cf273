//! Instructions that only describe: a class's docstring, module and line, and the annotations of functions written inside.
//!
//! Promises: an annotation or a docstring, there or not, leaves the same instructions. Refuses: the annotations of a
//! class body, which code such as a dataclass reads.

use pyo3::prelude::*;

use super::instructions::Raw;
use super::opcodes::{Argument, Opcodes, Role};

/// The names that only describe a class body.
const DESCRIBING: [&str; 5] =
    ["__doc__", "__module__", "__qualname__", "__firstlineno__", "__static_attributes__"];
/// The flag of a function's annotations, in `MAKE_FUNCTION` and `SET_FUNCTION_ATTRIBUTE`.
const ANNOTATIONS: u32 = 4;
/// The flag of a function's cells.
const CELLS: u32 = 8;

/// Which instructions count; takes the flags of what does not from those that do.
pub(super) fn what_counts(
    py: Python<'_>,
    opcodes: &Opcodes,
    raw: &mut [Raw],
    names: &[String],
) -> PyResult<Vec<bool>> {
    let mut counts: Vec<bool> =
        raw.iter().map(|raw| opcodes.roles[usize::from(raw.opcode)] != Role::Uncounted).collect();
    for at in 1..raw.len() {
        let role = opcodes.roles[usize::from(raw[at].opcode)];
        match role {
            Role::StoreName if describes(opcodes, &raw[at], names) => {
                counts[at - 1] = false;
                counts[at] = false;
            }
            Role::MakeFunction if opcodes.makes_alone && raw[at].argument & ANNOTATIONS != 0 => {
                // Above the annotations stand the cells, the code and, before 3.11, the name.
                let cells = usize::from(raw[at].argument & CELLS != 0);
                let above = cells + 1 + usize::from(opcodes.makes_with_name);
                let mut end = at;
                for _ in 0..above {
                    end = expression(py, raw, end)?;
                }
                silence(py, raw, &mut counts, end)?;
                raw[at].argument &= !ANNOTATIONS;
            }
            Role::SetFunctionAttribute if raw[at].argument == ANNOTATIONS => {
                counts[at] = false;
                let end = below_made(py, opcodes, raw, at)?;
                silence(py, raw, &mut counts, end)?;
            }
            _ => {}
        }
    }
    Ok(counts)
}

fn describes(opcodes: &Opcodes, raw: &Raw, names: &[String]) -> bool {
    matches!(opcodes.arguments[usize::from(raw.opcode)], Argument::Name { .. })
        && names.get(raw.argument as usize).is_some_and(|name| DESCRIBING.contains(&name.as_str()))
}

/// Where the annotations end that `at` gives to a function: below its code, and below what it was given before.
fn below_made(py: Python<'_>, opcodes: &Opcodes, raw: &[Raw], at: usize) -> PyResult<usize> {
    let role = |at: usize| opcodes.roles[usize::from(raw[at].opcode)];
    let mut before = at;
    while before > 0 && role(before) != Role::MakeFunction {
        before -= 1;
    }
    let given = at - before - 1;
    let mut end = before;
    for _ in 0..=given {
        end = expression(py, raw, end)?;
    }
    Ok(end)
}

/// Silences the expression that ends before `end`.
fn silence(py: Python<'_>, raw: &[Raw], counts: &mut [bool], end: usize) -> PyResult<()> {
    let begin = expression(py, raw, end)?;
    counts[begin..end].fill(false);
    Ok(())
}

/// Where the expression begins whose last instruction stands before `end`: as far back as one value was pushed.
fn expression(py: Python<'_>, raw: &[Raw], end: usize) -> PyResult<usize> {
    let effect = py.import("_opcode")?.getattr("stack_effect")?;
    let (mut at, mut pushed) = (end, 0);
    while at > 0 && pushed < 1 {
        at -= 1;
        let argument = effect.call1((raw[at].opcode, raw[at].argument));
        let one = argument.or_else(|_| effect.call1((raw[at].opcode,)))?;
        pushed += one.extract::<i64>()?;
    }
    Ok(at)
}
