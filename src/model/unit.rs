//! Units of values over time, and how a value is written so that it is read at a glance.

/// What a value counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A number of nothing in particular.
    #[default]
    None,
    /// Whole things.
    Count,
    /// Things in a second.
    PerSecond,
    /// A share of one.
    Ratio,
    Seconds,
    Bytes,
    /// CPUs.
    Cores,
}

impl Unit {
    /// All of them, with their names in the configuration.
    pub const NAMES: [(&'static str, Unit); 7] = [
        ("none", Self::None),
        ("count", Self::Count),
        ("per-second", Self::PerSecond),
        ("ratio", Self::Ratio),
        ("seconds", Self::Seconds),
        ("bytes", Self::Bytes),
        ("cores", Self::Cores),
    ];

    /// A value with its unit, in three digits or so: `412/s`, `7.1 %`, `1.9 s`, `487 Mi`.
    pub fn write(self, value: f64) -> String {
        match self {
            Self::None => scaled(value, ""),
            Self::Count => scaled(value, ""),
            Self::PerSecond => scaled(value, "/s"),
            Self::Ratio => format!("{} %", digits(value * 100.0)),
            Self::Seconds => seconds(value),
            Self::Bytes => bytes(value),
            Self::Cores if value.abs() < 1.0 && value != 0.0 => format!("{}m", digits(value * 1000.0)),
            Self::Cores => digits(value),
        }
    }

    /// What a step of an axis may be ten times of: bytes go by 1024.
    pub fn base(self) -> f64 {
        if self == Self::Bytes { 1024.0 } else { 1000.0 }
    }
}

/// Three digits that say something; no zeros behind the point.
fn digits(value: f64) -> String {
    let size = value.abs();
    let places = match size {
        s if s >= 99.95 || s == 0.0 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.0995 => 2,
        _ => 3,
    };
    let text = format!("{value:.places$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    // What is too little to be written is still not nothing.
    if matches!(text, "0" | "-0") && size > 0.0 {
        return if value > 0.0 { "<0.001".into() } else { ">-0.001".into() };
    }
    if text == "-0" { "0".into() } else { text.to_owned() }
}

fn scaled(value: f64, unit: &str) -> String {
    let size = value.abs();
    let (value, sign) = match size {
        s if s >= 999.5e9 => (value / 1e12, "T"),
        s if s >= 999.5e6 => (value / 1e9, "G"),
        s if s >= 999.5e3 => (value / 1e6, "M"),
        s if s >= 9_999.5 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    format!("{}{sign}{unit}", digits(value))
}

fn seconds(value: f64) -> String {
    let size = value.abs();
    match size {
        s if s >= 2.0 * 86_400.0 => format!("{} d", digits(value / 86_400.0)),
        s if s >= 2.0 * 3_600.0 => format!("{} h", digits(value / 3_600.0)),
        s if s >= 120.0 => format!("{} min", digits(value / 60.0)),
        s if s >= 0.9995 || s == 0.0 => format!("{} s", digits(value)),
        s if s >= 0.000_999_5 => format!("{} ms", digits(value * 1e3)),
        _ => format!("{} µs", digits(value * 1e6)),
    }
}

fn bytes(value: f64) -> String {
    const KI: f64 = 1024.0;
    let size = value.abs();
    let (value, sign) = match size {
        s if s >= KI.powi(4) => (value / KI.powi(4), " Ti"),
        s if s >= KI.powi(3) => (value / KI.powi(3), " Gi"),
        s if s >= KI.powi(2) => (value / KI.powi(2), " Mi"),
        s if s >= KI => (value / KI, " Ki"),
        _ => (value, " B"),
    };
    format!("{}{sign}", digits(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_at_a_glance() {
        for (unit, value, text) in [
            (Unit::PerSecond, 412.3, "412/s"),
            (Unit::PerSecond, 0.0, "0/s"),
            (Unit::PerSecond, 1_234.0, "1234/s"),
            (Unit::PerSecond, 12_345.0, "12.3k/s"),
            (Unit::Ratio, 0.071, "7.1 %"),
            (Unit::Ratio, 1.0, "100 %"),
            (Unit::Ratio, 0.000_001, "<0.001 %"),
            (Unit::Seconds, 1.9, "1.9 s"),
            (Unit::Seconds, 0.041, "41 ms"),
            (Unit::Seconds, 0.000_3, "300 µs"),
            (Unit::Seconds, 0.0, "0 s"),
            (Unit::Seconds, 90.0, "90 s"),
            (Unit::Seconds, 600.0, "10 min"),
            (Unit::Bytes, 487.0 * 1024.0 * 1024.0, "487 Mi"),
            (Unit::Bytes, 3_221_225_472.0, "3 Gi"),
            (Unit::Bytes, 12.0, "12 B"),
            (Unit::Cores, 0.25, "250m"),
            (Unit::Cores, 2.5, "2.5"),
            (Unit::Count, 20.0, "20"),
            (Unit::Count, 1e9, "1G"),
            (Unit::None, -3.25, "-3.25"),
        ] {
            assert_eq!(unit.write(value), text, "{unit:?} {value}");
        }
    }
}
