//! Reading a condition. The grammar is in the format's page, 3.5.

use super::{Compare, Condition, Literal, Name, Op, Tree, Unit};

/// Deeper ones are refused: nobody can read them.
const DEPTH: usize = 16;

impl Condition {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong, as a sentence without its full stop.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text, at: 0, depth: 0 };
        let tree = reader.any()?;
        reader.space();
        if reader.rest().is_empty() {
            return Ok(Self {
                text: text.trim().to_owned(),
                tree,
            });
        }
        Err(format!("`{}` is left over", crate::model::shorten(reader.rest(), 40)))
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

const OPS: [(&str, Op); 9] = [
    ("==", Op::Equal),
    ("!=", Op::Unequal),
    ("<=", Op::AtMost),
    (">=", Op::AtLeast),
    ("=~", Op::Matches),
    ("!~", Op::MatchesNot),
    ("<", Op::Less),
    (">", Op::More),
    ("contains", Op::Contains),
];

const UNITS: [(&str, Unit); 9] = [
    ("ms", Unit::Milliseconds),
    ("Ki", Unit::Bytes(1 << 10)),
    ("Mi", Unit::Bytes(1 << 20)),
    ("Gi", Unit::Bytes(1 << 30)),
    ("s", Unit::Seconds(1)),
    ("m", Unit::Seconds(60)),
    ("h", Unit::Seconds(3_600)),
    ("d", Unit::Seconds(86_400)),
    ("%", Unit::Percent),
];

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, mark: &str) -> bool {
        self.space();
        let there = self.rest().starts_with(mark);
        if there {
            self.at += mark.len();
        }
        there
    }

    fn any(&mut self) -> Result<Tree, String> {
        let mut all = vec![self.all()?];
        while self.take("||") {
            all.push(self.all()?);
        }
        Ok(one_or(all, Tree::Any))
    }

    fn all(&mut self) -> Result<Tree, String> {
        let mut all = vec![self.not()?];
        while self.take("&&") {
            all.push(self.not()?);
        }
        Ok(one_or(all, Tree::All))
    }

    fn not(&mut self) -> Result<Tree, String> {
        self.space();
        let negated = self.rest().starts_with('!') && self.take("!");
        if self.take("(") {
            self.depth += 1;
            if self.depth > DEPTH {
                return Err("it nests too deep".to_owned());
            }
            let tree = self.any()?;
            self.depth -= 1;
            if !self.take(")") {
                return Err("a `)` is missing".to_owned());
            }
            return Ok(if negated { Tree::Not(Box::new(tree)) } else { tree });
        }
        let tree = Tree::Compare(self.compare()?);
        Ok(if negated { Tree::Not(Box::new(tree)) } else { tree })
    }

    fn compare(&mut self) -> Result<Compare, String> {
        let left = self.name()?;
        self.space();
        let Some((mark, op)) = OPS.iter().find(|(mark, _)| self.rest().starts_with(mark)) else {
            return Err("after the name stands one of == != < <= > >= =~ !~ contains".to_owned());
        };
        self.at += mark.len();
        let right = self.literal()?;
        if matches!(op, Op::Matches | Op::MatchesNot | Op::Contains) && matches!(right, Literal::Number { .. }) {
            return Err(format!("`{mark}` wants text in single quotes"));
        }
        if matches!(op, Op::Less | Op::AtMost | Op::More | Op::AtLeast) && matches!(right, Literal::Text(_)) {
            return Err(format!("`{mark}` wants a number"));
        }
        Ok(Compare { left, op: *op, right })
    }

    fn name(&mut self) -> Result<Name, String> {
        self.space();
        let rest = self.rest();
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.' | '-'))
            .unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        self.at += length;
        Ok(match word {
            "" => return Err("a name is missing: exit, stdout, value, or a variable".to_owned()),
            "exit" => Name::Exit,
            "stdout" => Name::Stdout,
            "stderr" => Name::Stderr,
            "lines" => Name::Lines,
            "ms" => Name::Milliseconds,
            "value" => Name::Value,
            "min" => Name::Min,
            "max" => Name::Max,
            "avg" => Name::Average,
            "series" => Name::Series,
            "age" => Name::Age,
            "status" => Name::Status,
            word => match word.strip_prefix("json.") {
                Some(path) if path.split('.').all(|part| !part.is_empty()) => Name::Json(path.split('.').map(str::to_owned).collect()),
                Some(_) => return Err(format!("`{word}` has an empty part")),
                None if is_variable(word) => Name::Variable(word.to_owned()),
                None => {
                    let known = [
                        "exit", "stdout", "stderr", "lines", "ms", "value", "min", "max", "avg", "series", "age", "status",
                    ];
                    return Err(match crate::config::nearest(word, &known) {
                        Some(near) => format!("`{word}` is not known; did you mean {near}?"),
                        None => format!("`{word}` is not known: variables are written in capitals"),
                    });
                }
            },
        })
    }

    fn literal(&mut self) -> Result<Literal, String> {
        self.space();
        let rest = self.rest();
        if let Some(inside) = rest.strip_prefix('\'') {
            let Some((text, _)) = inside.split_once('\'') else {
                return Err("a quote is not closed".to_owned());
            };
            self.at += text.len() + 2;
            return Ok(Literal::Text(text.to_owned()));
        }
        let length = rest
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-'))
            .unwrap_or(rest.len());
        let number = rest.get(..length).unwrap_or_default();
        let Some(number) = number.parse::<f64>().ok().filter(|number| number.is_finite()) else {
            return Err("a number, or text in single quotes, is missing".to_owned());
        };
        self.at += length;
        let unit = UNITS.iter().find(|(unit, _)| self.rest().starts_with(unit));
        self.at += unit.map_or(0, |(mark, _)| mark.len());
        if self.rest().starts_with(|c: char| c.is_alphanumeric()) {
            return Err("a number has one of the units ms s m h d % Ki Mi Gi".to_owned());
        }
        let unit = unit.map_or(Unit::None, |(_, unit)| *unit);
        Ok(Literal::Number { number, unit })
    }
}

fn one_or(mut all: Vec<Tree>, many: fn(Vec<Tree>) -> Tree) -> Tree {
    match all.pop() {
        Some(one) if all.is_empty() => one,
        Some(last) => {
            all.push(last);
            many(all)
        }
        None => many(all),
    }
}

/// As variables of a page are called: in capitals.
fn is_variable(word: &str) -> bool {
    word == "$__"
        || word.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
