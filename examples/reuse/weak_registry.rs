//! A registry whose entries vanish with their last holder.
//!
//! Run: `cargo run -p heirloom-reuse --example weak_registry`.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

use heirloom_reuse::WeakValueCache;

struct Texture {
    pixels: Vec<u8>,
}

fn main() {
    let textures = WeakValueCache::new();
    let load = |name: &'static str| {
        textures.get_or_insert_with(name, || {
            println!("  loading {name}");
            Texture { pixels: vec![0; 1 << 20] }
        })
    };
    let scene = [load("grass"), load("stone"), load("grass")];
    println!("{} things on the scene, {} textures", scene.len(), textures.len());
    assert!(scene[0].is_same(&scene[2]));
    println!("grass: {} holders, asked for {} times", scene[0].holders(), scene[0].uses());

    let [grass, stone, more_grass] = scene;
    drop(stone);
    println!(
        "left: {:?}, {} bytes",
        textures.iter().map(|held| *held.key()).collect::<Vec<_>>(),
        grass.pixels.len()
    );
    assert!(textures.get("stone").is_none());
    drop((grass, more_grass));
    assert!(textures.is_empty());
    println!("{:?}", textures.stats());
}
