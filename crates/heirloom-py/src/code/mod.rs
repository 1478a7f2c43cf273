//! What counts of a Python code object: a digest that no layout changes, and the names through which it reaches out.
//!
//! On the road: before it; `heirloom/_closure` walks from function to function with what is read here. Promises: 1. line numbers, comments, docstrings, file names and names of plain local variables do not count; 2. instructions,
//! constants (by type), parameters, names and handlers of exceptions do; 3. functions written inside count with it.
//! Refuses: to know which object a name stands for; Python's half looks that up.

mod describing;
mod facts;
mod instructions;
mod opcodes;

pub(crate) use facts::read_code;
