//! Names and digests that a cluster makes up, here from hashes: the same for the same object.

/// The letters of generated names: no vowels, so that no words come out.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A hash that stays the same on every machine and in every release (FNV-1a, then mixed).
pub fn hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 31;
    hash = hash.wrapping_mul(0x7fb5_d329_728e_a185);
    hash ^ (hash >> 27)
}

/// The random end of a generated name.
pub fn suffix(of: &str, length: usize) -> String {
    let mut chance = fastrand::Rng::with_seed(hash(of));
    let mut letter = || LETTERS.get(chance.usize(0..LETTERS.len())).map_or('x', |b| char::from(*b));
    std::iter::repeat_with(&mut letter).take(length).collect()
}

/// Hexadecimal digits, as digests and container ids have 64 of them.
pub fn digits(of: &str, length: usize) -> String {
    let mut chance = fastrand::Rng::with_seed(hash(of) ^ 0xd16e);
    std::iter::repeat_with(|| char::from_digit(chance.u32(0..16), 16).unwrap_or('0'))
        .take(length)
        .collect()
}

/// The id of a container's run.
pub fn container_id(pod_uid: &str, container: &str, restart: u64) -> String {
    format!("containerd://{}", digits(&format!("{pod_uid}/{container}/{restart}"), 64))
}
