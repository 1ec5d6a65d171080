//! Chance without state: the same seed, name and time always give the same number, in any order of asking.

use jiff::Timestamp;

/// A number from 64 bits, well mixed.
pub fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A number from a text.
pub fn hash(text: &str) -> u64 {
    let bytes = text.bytes();
    mix(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }))
}

/// From 0 to 1.
pub fn unit(bits: u64) -> f64 {
    (mix(bits) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A smooth wander between -1 and 1 that turns about once in `period` seconds.
pub fn wave(seed: u64, at: Timestamp, period: i64) -> f64 {
    let seconds = at.as_second();
    let step = seconds.div_euclid(period.max(1));
    let along = seconds.rem_euclid(period.max(1)) as f64 / period.max(1) as f64;
    let point = |step: i64| 2.0 * unit(seed ^ mix(step as u64)) - 1.0;
    let smooth = along * along * (3.0 - 2.0 * along);
    point(step) + (point(step + 1) - point(step)) * smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_stays_in_its_bounds_and_does_not_jump() {
        let at = |second| wave(7, Timestamp::from_second(second).unwrap(), 600);
        for second in 1_000_000..1_003_000 {
            assert!(at(second).abs() <= 1.0);
            assert!((at(second + 1) - at(second)).abs() < 0.01, "at {second}");
        }
        assert_ne!(at(1_000_000), at(1_000_600));
    }
}
