//! `keys`: what is shown, what is a secret, and what stays of a key that was replaced.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::stage::Stage;

fn stage() -> Stage {
    let stage = Stage::new();
    stage.set("XDG_CONFIG_HOME", stage.path("config"));
    stage
}

fn identity(stage: &Stage, words: &[&str]) -> String {
    stage.document(words)["identity"].as_str().unwrap().to_owned()
}

#[test]
fn looking_makes_no_key_and_rotating_keeps_the_old_one() {
    let stage = stage();
    assert!(stage.fine(&["keys"]).starts_with("no key yet: "));
    assert!(!stage.path("config").exists());
    let first = identity(&stage, &["keys", "rotate"]);
    let key = stage.path("config/heirloom/key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let secret = fs::read(&key).unwrap();
    let told = stage.fine(&["keys", "rotate"]);
    assert!(told.contains(&format!("it replaces {first}")), "{told}");
    assert_ne!(identity(&stage, &["keys"]), first);
    assert_eq!(fs::read(stage.path(&format!("config/heirloom/key.old-{first}"))).unwrap(), secret);
}

#[test]
fn a_key_goes_to_a_colleague_and_is_the_same_there() {
    let (anna, bob) = (stage(), stage());
    anna.fine(&["keys", "rotate"]);
    let line = anna.fine(&["keys", "export"]);
    assert_eq!(line.lines().count(), 1);
    bob.write("team.key", &line);
    bob.write("heirloom.toml", "key = \"team\"\n");
    bob.fine(&["keys", "import", "team.key"]);
    assert!(bob.path("config/heirloom/keys/team").exists(), "the settings name it");
    assert_eq!(identity(&bob, &["keys"]), identity(&anna, &["keys"]));
    assert_eq!(bob.fine(&["keys", "export"]), line);
    assert!(bob.fine(&["keys"]).contains(", shared by a team: "));
}

#[test]
fn what_cannot_be_is_one_sentence() {
    let stage = stage();
    assert_eq!(stage.run(&["keys", "export"]).code, 1);
    stage.write("nonsense", "heirloom-team-key 1 abcd");
    let refused = stage.run(&["keys", "import", "nonsense"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("this is no exported key"), "{refused:?}");
    assert_eq!(stage.run(&["keys", "--name", "../x"]).code, 2);
    stage.fine(&["keys", "rotate"]);
    let key = stage.path("config/heirloom/key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let open = stage.run(&["keys"]);
    assert_eq!(open.code, 3);
    assert!(open.err.contains("others can read it; run `chmod 600"), "{open:?}");
}
