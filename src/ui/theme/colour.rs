//! Colours as a theme names them, and how one becomes the nearest that the terminal has.

/// A colour as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Whatever the terminal uses.
    Default,
    /// An entry of the 256-colour table; the first 16 are the terminal's own.
    Index(u8),
    Rgb(Rgb),
}

/// Red, green, blue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// The names of the first 16 colours; any terminal has them, in shades of its own.
pub const ANSI_NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// The steps of the 6×6×6 colour cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl Paint {
    /// Reads `#rrggbb`, `default` or one of [`ANSI_NAMES`].
    pub fn parse(text: &str) -> Option<Self> {
        if text == "default" {
            return Some(Self::Default);
        }
        if let Some(hex) = text.strip_prefix('#') {
            return Rgb::parse_hex(hex).map(Self::Rgb);
        }
        ansi_index(text).map(Self::Index)
    }
}

/// The index of an ANSI colour name.
pub fn ansi_index(name: &str) -> Option<u8> {
    ANSI_NAMES
        .iter()
        .zip(0..)
        .find(|(known, _)| **known == name)
        .map(|(_, index)| index)
}

impl Rgb {
    fn parse_hex(hex: &str) -> Option<Self> {
        if hex.len() != 6 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let [_, r, g, b] = u32::from_str_radix(hex, 16).ok()?.to_be_bytes();
        Some(Self(r, g, b))
    }

    /// What an entry of the 256-colour table looks like; `None` for the first 16, which every terminal paints its own way.
    pub fn of_index(index: u8) -> Option<Self> {
        let step = |n: u8| STEPS.get(usize::from(n % 6)).copied().unwrap_or(0);
        match index {
            0..16 => None,
            16..232 => {
                let n = index - 16;
                Some(Self(step(n / 36), step(n / 6), step(n)))
            }
            232.. => {
                let grey = 8 + 10 * (index - 232);
                Some(Self(grey, grey, grey))
            }
        }
    }

    /// The nearest entry of the colour cube and the grey ramp.
    pub fn to_256(self) -> u8 {
        (16..=255)
            .min_by_key(|&index| Self::of_index(index).map_or(u32::MAX, |c| self.distance(c)))
            .unwrap_or(16)
    }

    fn distance(self, other: Self) -> u32 {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(self.0, other.0) + square(self.1, other.1) + square(self.2, other.2)
    }

    /// The terminal colour of the same hue. Nearness in RGB would turn every soft colour into grey;
    /// hue is what carries meaning, so it decides, and only nearly colourless colours become grey.
    pub fn to_16(self) -> u8 {
        let Self(r, g, b) = self;
        let (high, low) = (r.max(g).max(b), r.min(g).min(b));
        let span = u32::from(high - low);
        if span * 5 < u32::from(high) || high < 40 {
            return match high {
                0..64 => 0,
                64..150 => 8,
                150..230 => 7,
                230.. => 15,
            };
        }
        // A channel is lit where it stands in the upper part of the colour's own range.
        let lit = |c: u8| u32::from(c - low) * 2 > span;
        let base = u8::from(lit(r)) + 2 * u8::from(lit(g)) + 4 * u8::from(lit(b));
        if high > 215 && low > 60 { base + 8 } else { base }
    }

    /// Relative luminance as WCAG 2 defines it, 0 to 1.
    pub fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_read_as_written() {
        assert_eq!(Paint::parse("#D55E00"), Some(Paint::Rgb(Rgb(0xd5, 0x5e, 0))));
        assert_eq!(Paint::parse("bright-red"), Some(Paint::Index(9)));
        assert_eq!(Paint::parse("default"), Some(Paint::Default));
        for wrong in ["", "#", "#12345", "#1234567", "#12345g", "#+12345", "crimson", "Red"] {
            assert_eq!(Paint::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_256_colours_nearest_to_okabe_and_ito() {
        // The published palette and its nearest entries, computed elsewhere.
        for (hex, index) in [
            ("E69F00", 178),
            ("56B4E9", 74),
            ("009E73", 35),
            ("F0E442", 221),
            ("0072B2", 25),
            ("D55E00", 166),
            ("CC79A7", 175),
            ("000000", 16),
            ("FFFFFF", 231),
            ("808080", 244),
        ] {
            assert_eq!(Rgb::parse_hex(hex).unwrap().to_256(), index, "{hex}");
        }
    }

    #[test]
    fn sixteen_colours_keep_the_hue() {
        for (hex, name) in [
            ("d05050", "red"),
            ("f0716f", "bright-red"),
            ("2f7a3d", "green"),
            ("e0af30", "yellow"),
            ("2f55c0", "blue"),
            ("79b8d8", "bright-cyan"),
            ("b050b0", "magenta"),
            ("000000", "black"),
            ("6a6d70", "bright-black"),
            ("c8ccd0", "white"),
            ("ffffff", "bright-white"),
        ] {
            let index = Rgb::parse_hex(hex).unwrap().to_16();
            assert_eq!(ANSI_NAMES[usize::from(index)], name, "{hex}");
        }
    }
}
