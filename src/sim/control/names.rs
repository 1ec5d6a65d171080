//! Names that controllers give: random endings and hashes, in the letters that a cluster uses for them.

use serde_json::Value;

use crate::sim::world::World;

/// No vowels and no digits that look like some: so that names do not happen to be words.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

fn letter(n: usize) -> char {
    LETTERS.get(n % LETTERS.len()).map_or('x', |b| char::from(*b))
}

/// A random ending of five letters.
pub fn ending(world: &mut World) -> String {
    (0..5).map(|_| letter(world.chance.usize(..))).collect()
}

/// A name with a random ending, that is not taken on this shelf.
pub fn generated(world: &mut World, shelf: &str, namespace: &str, base: &str) -> String {
    // Names have at most 63 letters, and the ending is not what gives way.
    let base: String = base.chars().take(58).collect();
    loop {
        let name = format!("{base}{}", ending(world));
        if world.store.get(shelf, namespace, &name).is_none() {
            return name;
        }
    }
}

/// The hash of a template, as replica sets and revisions carry it.
pub fn hash(template: &Value) -> String {
    let mut hash = 0x811c_9dc5_u32;
    for byte in template.to_string().bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    // Each digit of the number becomes a letter.
    hash.to_string().bytes().map(|digit| letter(usize::from(digit))).collect()
}
