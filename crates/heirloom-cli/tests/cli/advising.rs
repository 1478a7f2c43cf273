//! `heirloom advise` reads a trace, tells the knee, draws the curve, and names what it cannot read.

use crate::stage::Stage;

const TRACE: &str = "key,bytes,build_seconds\n\
    tables(2013),1000,8\nmeshes(\"a, b\"),1000,1\ntables(2013),1000,8\nmeshes(\"a, b\"),1000,1\ntables(2013),1000,8\n";

#[test]
fn a_trace_is_played_and_its_curve_drawn() {
    let stage = Stage::new();
    stage.write("calls.csv", TRACE);
    let (trace, svg) = (stage.path("calls.csv"), stage.path("curve.svg"));
    let words =
        ["advise", trace.to_str().unwrap(), "--budgets", "1000B,2000B", "--svg", svg.to_str().unwrap(), "-q"];
    let out = stage.fine(&words);
    assert!(out.contains("5 calls of 2 keys"), "{out}");
    assert!(out.contains("The knee is at"), "{out}");
    let drawn = std::fs::read_to_string(&svg).unwrap();
    assert_eq!(drawn.matches("<polyline").count(), 5);
    assert!(drawn.starts_with("<svg") && drawn.contains("knee: ") && drawn.ends_with("</svg>\n"));
    let told = stage.document(&words[..4]);
    assert_eq!((told["calls"].as_u64(), told["bytes"].as_u64()), (Some(5), Some(2000)));
    let saved = |at: usize, policy: &str| told["budgets"][at][policy].as_f64().unwrap();
    assert!((saved(1, "lru") - 17.0 / 26.0).abs() < 1e-9, "room for both saves every call but the first two");
    assert!(
        (saved(0, "clairvoyant") - 16.0 / 26.0).abs() < 1e-9,
        "room for one is best spent on the dear one"
    );
    assert!(saved(0, "lru").abs() < 1e-9);
}

#[test]
fn a_trace_in_which_nothing_comes_back_has_no_knee() {
    let stage = Stage::new();
    stage.write("calls.csv", "a,10,1\n");
    assert!(
        stage.fine(&["advise", stage.path("calls.csv").to_str().unwrap()]).starts_with("1 call of 1 key;")
    );
    stage.write("calls.csv", "a,10,1\nb,10,1\n");
    let trace = stage.path("calls.csv");
    let out = stage.fine(&["advise", trace.to_str().unwrap()]);
    assert!(out.contains("None of these budgets saves anything") && !out.contains("knee"), "{out}");
    assert!(!out.contains("-0.0"), "{out}");
}

#[test]
fn what_cannot_be_played_is_named() {
    let stage = Stage::new();
    stage.write("bad.csv", "tables(2013),1000\n");
    let (bad, folder) = (stage.path("bad.csv"), stage.path("."));
    let (bad, folder) = (bad.to_str().unwrap(), folder.to_str().unwrap());
    for (words, code, said) in [
        (&["advise", bad][..], 2, "bad.csv, line 1: there are not three fields; each line is"),
        (&["advise", "nowhere.csv"], 1, "nowhere.csv could not be read"),
        (&["advise", folder], 1, "could not be read: is a directory"),
        (&["advise", bad, "--budgets", "0B"], 2, "a budget of 0 bytes holds nothing"),
        (&["advise", bad, "--budgets", "much"], 2, "much"),
        (&["advise"], 2, "<TRACE>"),
        (&["advise", "--sample", "odd"], 2, "possible values"),
        (&["advise", "--sample", "web", "--calls", "0"], 2, "0 is not in 1.."),
        (&["advise", "--sample", "web", "--calls", "-5"], 2, "invalid value '-5' for '--calls <COUNT>'"),
    ] {
        let answer = stage.run(words);
        assert_eq!(answer.code, code, "{words:?}: {}", answer.err);
        assert!(answer.err.contains(said), "{words:?}: {}", answer.err);
    }
}
