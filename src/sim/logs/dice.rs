//! Chance that is the same whenever it is asked: of one run, in one second.

/// A hash that stays the same on every machine (FNV-1a, then mixed).
pub(super) fn hash(text: &str) -> u64 {
    crate::sim::seed::names::hash(text)
}

/// Throws for one second of one run.
#[derive(Clone, Debug)]
pub(super) struct Dice(fastrand::Rng);

impl Dice {
    pub fn new(seed: u64, second: i64) -> Self {
        let second = (second as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(fastrand::Rng::with_seed(seed ^ second.rotate_left(17)))
    }

    /// Less than `n`; 0 for 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.0.u64(0..n) }
    }

    /// From 0 to less than 1.
    pub fn unit(&mut self) -> f64 {
        self.0.f64()
    }

    pub fn chance(&mut self, of: f64) -> bool {
        self.unit() < of
    }

    /// A whole number that is `mean` on average.
    pub fn about(&mut self, mean: f64) -> u64 {
        let mean = if mean.is_finite() { mean.clamp(0.0, 50.0) } else { 0.0 };
        // Spread a little, as arrivals are.
        let spread = mean * (0.6 + 0.8 * self.unit());
        spread as u64 + u64::from(self.chance(spread.fract()))
    }

    /// One of these.
    pub fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> Option<&'a T> {
        of.get(self.below(of.len() as u64) as usize).copied()
    }

    /// One of these words.
    pub fn word(&mut self, of: &[&'static str]) -> &'static str {
        self.one(of).unwrap_or_default()
    }

    /// Hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from_digit(self.0.u32(0..16), 16).unwrap_or('0'))
            .collect()
    }

    /// A random uuid.
    pub fn uuid(&mut self) -> String {
        format!("{}-{}-4{}-a{}-{}", self.hex(8), self.hex(4), self.hex(3), self.hex(3), self.hex(12))
    }

    /// A latency around this median, in milliseconds, with the long end that latencies have.
    pub fn latency(&mut self, median_seconds: f64) -> f64 {
        let u = self.unit().clamp(0.01, 0.99);
        let factor = (u / (1.0 - u)).powf(1.0 / 3.2);
        (median_seconds.clamp(0.0005, 60.0) * 1000.0 * factor * 10.0).round() / 10.0
    }
}
