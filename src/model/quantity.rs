//! Amounts of CPU and memory.

/// An amount in thousandths: of a core for CPU (`250m` → 250), of a byte for memory; or none at all.
///
/// Kubernetes' resource quantities (`128Mi`, `1.5`, `2e3`, `100m`) all fit: see
/// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

impl Default for Quantity {
    fn default() -> Self {
        Self::NONE
    }
}

impl Quantity {
    /// Not stated.
    pub const NONE: Self = Self(i64::MIN);

    /// So many thousandths.
    pub fn milli(value: i64) -> Self {
        Self(value.max(i64::MIN + 1))
    }

    /// So many whole units (cores, bytes).
    pub fn whole(value: i64) -> Self {
        Self::milli(value.saturating_mul(1000))
    }

    /// Reads a Kubernetes quantity; text that is not one is "not stated".
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let split = text
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')))
            .unwrap_or(text.len());
        let (mut number, mut suffix) = text.split_at(split);
        // A decimal exponent: `1e3`. A bare `E` is the suffix exa.
        if let Some(exponent) = suffix.strip_prefix(['e', 'E']).filter(|e| e.parse::<i8>().is_ok()) {
            (number, suffix) = (&text[..split + 1 + exponent.len()], "");
        }
        let scale = match suffix {
            "" => 1e3,
            "n" => 1e-6,
            "u" => 1e-3,
            "m" => 1.0,
            "k" => 1e6,
            "M" => 1e9,
            "G" => 1e12,
            "T" => 1e15,
            "P" => 1e18,
            "E" => 1e21,
            "Ki" => 1e3 * 1024.0,
            "Mi" => 1e3 * 1024.0 * 1024.0,
            "Gi" => 1e3 * 1024.0 * 1024.0 * 1024.0,
            "Ti" => 1e3 * 1024.0_f64.powi(4),
            "Pi" => 1e3 * 1024.0_f64.powi(5),
            "Ei" => 1e3 * 1024.0_f64.powi(6),
            _ => return Self::NONE,
        };
        match number.parse::<f64>() {
            // Rounded up, as the API server does: an amount below the unit is still an amount.
            Ok(n) => Self::milli((n * scale).ceil() as i64),
            Err(_) => Self::NONE,
        }
    }

    /// Thousandths, if stated.
    pub fn get(self) -> Option<i64> {
        (self != Self::NONE).then_some(self.0)
    }

    /// The sum of what is stated.
    pub fn plus(self, other: Self) -> Self {
        match (self.get(), other.get()) {
            (Some(a), Some(b)) => Self(a.saturating_add(b)),
            (Some(_), None) => self,
            (None, _) => other,
        }
    }

    /// This as a share of a limit, in percent; `None` where either is not stated or the limit is zero.
    pub fn percent_of(self, limit: Self) -> Option<u32> {
        match (self.get(), limit.get()) {
            (Some(a), Some(b)) if b > 0 => Some((a as f64 * 100.0 / b as f64).round() as u32),
            _ => None,
        }
    }

    /// As CPU: `250m`, `1.5`, `12`.
    pub fn cpu(self) -> String {
        match self.get() {
            None => String::new(),
            Some(m) if m < 1000 => format!("{m}m"),
            Some(m) if m % 1000 == 0 || m >= 100_000 => format!("{}", m / 1000),
            Some(m) => format!("{:.1}", m as f64 / 1000.0),
        }
    }

    /// As memory, to three digits: `87Mi`, `1.2Gi`, `512Ki`.
    pub fn memory(self) -> String {
        let Some(milli) = self.get() else { return String::new() };
        let mut value = milli as f64 / 1000.0;
        for unit in ["", "Ki", "Mi", "Gi", "Ti"] {
            if value < 1000.0 || unit == "Ti" {
                return if value < 9.95 && (value * 10.0).round() % 10.0 != 0.0 {
                    format!("{value:.1}{unit}")
                } else {
                    format!("{value:.0}{unit}")
                };
            }
            value /= 1024.0;
        }
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_the_api_writes_them() {
        let milli = |text| Quantity::parse(text).get();
        for (text, value) in [
            ("250m", 250),
            ("1", 1000),
            ("1.5", 1500),
            ("100n", 1),
            ("1e3", 1_000_000),
            ("2k", 2_000_000),
            ("0", 0),
        ] {
            assert_eq!(milli(text), Some(value), "{text}");
        }
        assert_eq!(milli("128Mi"), Some(128 * 1024 * 1024 * 1000));
        for text in ["", "abc", "1x", "--", "Mi"] {
            assert_eq!(milli(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_print_short() {
        assert_eq!(Quantity::parse("250m").cpu(), "250m");
        assert_eq!(Quantity::parse("1500m").cpu(), "1.5");
        assert_eq!(Quantity::parse("4").cpu(), "4");
        assert_eq!(Quantity::parse("128Mi").memory(), "128Mi");
        assert_eq!(Quantity::parse("1.2Gi").memory(), "1.2Gi");
        assert_eq!(Quantity::parse("1023Mi").memory(), "1Gi");
        assert_eq!(Quantity::parse("900").memory(), "900");
        assert_eq!(Quantity::NONE.memory(), "");
        assert_eq!(Quantity::parse("64Mi").percent_of(Quantity::parse("256Mi")), Some(25));
        assert_eq!(Quantity::parse("1").percent_of(Quantity::NONE), None);
    }
}
