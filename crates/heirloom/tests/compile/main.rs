//! What the attributes refuse at compile time, word for word, and what they take.

#[test]
fn the_compiler_says_what_is_wrong_and_the_way_out() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile/pass/*.rs");
    cases.compile_fail("tests/compile/fail/*.rs");
}
