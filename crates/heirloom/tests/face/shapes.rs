//! F8: a type whose fields change under the same name is another type, also where nobody says `uses(Type)`.

use serde::{Deserialize, Serialize};

use crate::ground::Ground;

#[test]
fn f8_fields_that_change_under_one_name_are_built_anew() {
    let ground = Ground::new();
    let first = {
        #[derive(Serialize, Deserialize)]
        struct Table {
            width: u32,
            height: u32,
        }
        let tables = ground
            .open()
            .factory("tables")
            .build(|n: &u32| Ok::<_, std::io::Error>(Table { width: *n, height: 7 }));
        let table = tables.get(&3).unwrap();
        assert_eq!((table.width, table.height), (3, 7));
        std::any::type_name::<Table>()
    };
    #[derive(Serialize, Deserialize)]
    #[expect(clippy::items_after_statements, reason = "a later version of the program, as it were")]
    struct Table {
        height: u32,
        width: u32,
    }
    assert_eq!(first, std::any::type_name::<Table>(), "the compiler calls both by one name");
    let tables = ground
        .open()
        .factory("tables")
        .build(|n: &u32| Ok::<_, std::io::Error>(Table { width: *n, height: 7 }));
    let told = tables.explain(&3).unwrap().to_string();
    assert!(told.contains(&format!("fields or variants of {first} changed")), "{told}");
    let table = tables.get(&3).unwrap();
    assert_eq!((table.width, table.height), (3, 7));
}
