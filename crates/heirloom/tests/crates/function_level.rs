//! The level `function`: tracked functions, constants, types and impl blocks.

use crate::trial::Expected::{Built, Hit};
use crate::trial::{Trial, main_of};

const ITEMS: &str = "\
use heirloom::{cached, tracked};

/// What a number is scaled by.
#[tracked]
const FACTOR: f64 = 0.5;

#[tracked]
#[derive(Clone, Debug)]
struct Table {
    rows: u32,
}

#[tracked]
impl Table {
    fn scaled(&self, by: f64) -> f64 {
        f64::from(self.rows) * by
    }
}

trait Shown {
    fn shown(&self) -> String;
}

#[tracked]
impl Shown for Table {
    fn shown(&self) -> String {
        format!(\"{} rows\", self.rows)
    }
}

/// Makes it comparable.
#[tracked(uses(FACTOR))]
fn normalize(x: f64) -> f64 {
    x * FACTOR + 1.0
}

#[allow(dead_code)]
fn unused() -> u8 {
    1
}
";

const CACHED: &str = "\
#[cached(name = \"trial\", uses(normalize, Table))]
fn made(n: u32) -> (f64, String) {
    let table = Table { rows: n };
    (normalize(table.scaled(2.0)), table.shown())
}
";

#[test]
fn what_counts_is_built_anew_and_nothing_else() {
    let mut trial = Trial::new("", &[("src/main.rs", &main_of(ITEMS, CACHED))]);
    let edit = |trial: &Trial, from: &str, to: &str| trial.edit("src/main.rs", from, to);
    trial.check("the first build", &Built("never built"));
    trial.check("nothing", &Hit);
    edit(&trial, "x * FACTOR + 1.0", "// More of it.\n    x * FACTOR + 1.0");
    trial.check("a comment", &Hit);
    edit(&trial, "/// Makes it comparable.", "/// Makes it as comparable\n/// as can be.\n#[inline]");
    trial.check("documentation and `#[inline]`", &Hit);
    edit(&trial, "fn normalize(x: f64) -> f64 {", "fn normalize(\n    x: f64,\n) -> f64\n{");
    trial.check("layout", &Hit);
    edit(&trial, "fn unused() -> u8 {\n    1", "fn unused() -> u8 {\n    2");
    trial.check("a function that is not used", &Hit);
    trial.rename("second");
    trial.check("the crate's folder", &Hit);
    edit(&trial, "+ 1.0", "+ 2.0");
    trial.check("a tracked function", &Built("::normalize` changed in src/main.rs:"));
    edit(&trial, "+ 2.0", "+ 3.0");
    trial.check("one line of it", &Built(": `x * FACTOR + 2.0` → `x * FACTOR + 3.0`"));
    edit(&trial, "= 0.5", "= 0.7");
    trial.check("a constant that a function uses", &Built("::FACTOR` changed in src/main.rs:"));
    edit(&trial, "    rows: u32,", "    rows: u32,\n    #[allow(dead_code)]\n    name: &'static str,");
    edit(&trial, "rows: n }", "rows: n, name: \"\" }");
    trial.check("a field of a type", &Built("::Table` changed in src/main.rs:"));
    edit(&trial, "derive(Clone, Debug)", "derive(Clone, Debug, Default)");
    trial.check("a derive of a type", &Built("::Table` changed in src/main.rs:"));
    edit(&trial, "* by", "* by * by");
    trial.check("a method", &Built("::Table::scaled` changed in src/main.rs:"));
    edit(&trial, "{} rows", "{} rows.");
    trial.check("a trait's method", &Built("::<Table as Shown>::shown` changed in src/main.rs:"));
    trial.check("nothing", &Hit);
}
