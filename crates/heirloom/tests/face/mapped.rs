//! Archives are used where they lie, in a mapped file.

use heirloom::{Factory, Mapped, Rkyv, Store};

use crate::ground::Ground;

const NUMBERS: u64 = 8 << 20;

fn numbers(store: &Store) -> Factory<u64, Mapped<Vec<u64>>> {
    let codec = Rkyv::<Vec<u64>>::new();
    store.factory("numbers").codec(codec).build(|n: &u64| Mapped::of(&(0..*n).collect::<Vec<u64>>()))
}

#[test]
fn sixty_four_megabytes_are_opened_without_a_copy() {
    let ground = Ground::new();
    let built = numbers(&ground.open()).get(&NUMBERS).unwrap();
    let factory = numbers(&ground.open());
    let opened = factory.get(&NUMBERS).unwrap();
    assert_eq!((factory.stats().builds, factory.stats().disk_hits), (0, 1));
    assert_eq!(opened.len(), built.len());
    assert!(opened.iter().zip(0_u64..).all(|(found, number)| *found == number));
    let first = std::ptr::from_ref(&opened[0]) as usize;
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let holds = |line: &&str| {
        let range = line.split_whitespace().next().unwrap().split_once('-').unwrap();
        let end = |text| usize::from_str_radix(text, 16).unwrap();
        (end(range.0)..end(range.1)).contains(&first)
    };
    let line = maps.lines().find(holds).expect("the address is mapped");
    assert!(line.contains(ground.root().to_str().unwrap()), "it lies in a file of the store: {line}");
}

#[test]
fn a_small_archive_comes_out_of_the_registry() {
    let ground = Ground::new();
    numbers(&ground.open()).get(&3).unwrap();
    let opened = numbers(&ground.open()).get(&3).unwrap();
    assert_eq!(opened.iter().map(|number| number.to_native()).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(format!("{opened:?}"), "[0, 1, 2]");
}
