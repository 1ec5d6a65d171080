//! Where the ticks of an axis stand: at numbers that people count by.

/// Ticks from `low` to `high`, at most so many. `base` is what the unit counts by: 1000, or 1024 for bytes.
pub fn ticks(low: f64, high: f64, most: usize, base: f64) -> Vec<f64> {
    let range = high - low;
    if !(range > 0.0 && range.is_finite()) || most < 2 {
        return vec![low];
    }
    let step = step(range / (most - 1) as f64, base);
    let first = (low / step - 1e-9).ceil();
    let mut all = Vec::new();
    for n in 0..=most {
        let tick = (first + n as f64) * step;
        if tick > high + step * 1e-6 {
            break;
        }
        all.push(tick);
    }
    all
}

/// The least round number that is not less than `rough`.
fn step(rough: f64, base: f64) -> f64 {
    if base == 1024.0 && rough >= 1.0 {
        let unit = base.powf(rough.log(base).floor());
        let factors = [
            1.0, 2.0, 4.0, 5.0, 8.0, 10.0, 16.0, 20.0, 32.0, 50.0, 64.0, 100.0, 128.0, 200.0, 256.0, 500.0, 512.0, 1024.0,
        ];
        return factors
            .iter()
            .map(|factor| factor * unit)
            .find(|step| *step >= rough * 0.999_999)
            .unwrap_or(rough);
    }
    let unit = 10_f64.powf(rough.log10().floor());
    let factors = [1.0, 2.0, 2.5, 5.0, 10.0];
    factors
        .iter()
        .map(|factor| factor * unit)
        .find(|step| *step >= rough * 0.999_999)
        .unwrap_or(rough)
}

/// The bounds of an axis for values: from nothing where none is negative, up to a round number.
pub fn bounds(values: impl Iterator<Item = f64>, most: usize, base: f64) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    if low > high {
        return (0.0, 1.0);
    }
    let low = low.min(0.0);
    if high <= low {
        return (low, low + 1.0);
    }
    let step = step((high - low) / (most.max(2) - 1) as f64, base);
    ((low / step).floor() * step, (high / step - 1e-9).ceil() * step)
}

/// Seconds between the ticks of a time axis of so many seconds, at most so many.
pub fn time_step(span: f64, most: usize) -> f64 {
    const STEPS: [u32; 19] = [
        15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 604_800, 1_209_600,
        2_592_000,
    ];
    let rough = span / most.max(1) as f64;
    STEPS
        .iter()
        .map(|step| f64::from(*step))
        .find(|step| *step >= rough)
        .unwrap_or(rough)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        for (low, high, most, base, expected) in [
            (0.0, 100.0, 5, 1000.0, vec![0.0, 25.0, 50.0, 75.0, 100.0]),
            (0.0, 7.0, 3, 1000.0, vec![0.0, 5.0]),
            (0.0, 0.08, 5, 1000.0, vec![0.0, 0.02, 0.04, 0.06, 0.08]),
            (0.0, 1.0, 3, 1000.0, vec![0.0, 0.5, 1.0]),
            (-2.0, 2.0, 3, 1000.0, vec![-2.0, 0.0, 2.0]),
            (3.0, 3.0, 3, 1000.0, vec![3.0]),
        ] {
            let got = ticks(low, high, most, base);
            assert!(
                got.len() == expected.len() && got.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9),
                "{low}..{high}: {got:?}"
            );
        }
        let mi = 1024.0 * 1024.0;
        assert_eq!(ticks(0.0, 512.0 * mi, 3, 1024.0), [0.0, 256.0 * mi, 512.0 * mi]);
    }

    #[test]
    fn an_axis_begins_with_nothing_and_ends_round() {
        let of = |values: &[f64]| bounds(values.iter().copied(), 5, 1000.0);
        assert_eq!(of(&[3.0, 7.2]), (0.0, 8.0));
        assert_eq!(of(&[f64::NAN, f64::INFINITY]), (0.0, 1.0));
        assert_eq!(of(&[0.0, 0.0]), (0.0, 1.0));
        assert_eq!(of(&[-3.0, 4.0]), (-4.0, 4.0));
        assert_eq!((time_step(3_600.0, 6), time_step(604_800.0, 5)), (600.0, 172_800.0));
    }
}
