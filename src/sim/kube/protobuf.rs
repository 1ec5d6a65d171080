//! The few messages that stock clients send in Kubernetes' protobuf encoding whatever the server prefers: access
//! reviews (`kubectl auth can-i`), evictions and the options of deletions. They are read into the JSON that they
//! stand for; answers are JSON always, which these clients accept.

use serde_json::{Map, Value, json};

/// The media type of the encoding.
pub const MEDIA: &str = "application/vnd.kubernetes.protobuf";

/// What every encoded object begins with.
const MAGIC: &[u8] = b"k8s\0";

/// A field of a message: its number, its name in JSON, and what it holds.
type Field = (u64, &'static str, Holds);

#[derive(Clone, Copy)]
enum Holds {
    Text,
    Number,
    Flag,
    Texts,
    Message(&'static [Field]),
}

const META: &[Field] = &[(1, "name", Holds::Text), (3, "namespace", Holds::Text), (5, "uid", Holds::Text)];

const RESOURCE: &[Field] = &[
    (1, "namespace", Holds::Text),
    (2, "verb", Holds::Text),
    (3, "group", Holds::Text),
    (4, "version", Holds::Text),
    (5, "resource", Holds::Text),
    (6, "subresource", Holds::Text),
    (7, "name", Holds::Text),
];
const PATH: &[Field] = &[(1, "path", Holds::Text), (2, "verb", Holds::Text)];
const ACCESS: &[Field] = &[
    (1, "metadata", Holds::Message(META)),
    (
        2,
        "spec",
        Holds::Message(&[
            (1, "resourceAttributes", Holds::Message(RESOURCE)),
            (2, "nonResourceAttributes", Holds::Message(PATH)),
        ]),
    ),
];
const RULES: &[Field] = &[
    (1, "metadata", Holds::Message(META)),
    (2, "spec", Holds::Message(&[(1, "namespace", Holds::Text)])),
];
const DELETION: &[Field] = &[
    (1, "gracePeriodSeconds", Holds::Number),
    (
        2,
        "preconditions",
        Holds::Message(&[(1, "uid", Holds::Text), (2, "resourceVersion", Holds::Text)]),
    ),
    (3, "orphanDependents", Holds::Flag),
    (4, "propagationPolicy", Holds::Text),
    (5, "dryRun", Holds::Texts),
];
const EVICTION: &[Field] = &[
    (1, "metadata", Holds::Message(META)),
    (2, "deleteOptions", Holds::Message(DELETION)),
];

/// Reads an encoded object. `None`: it is broken, or of a kind that is not read here.
pub fn read(body: &[u8]) -> Option<Value> {
    let mut envelope = Reader(body.strip_prefix(MAGIC)?);
    let (mut version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    while let Some((number, part)) = envelope.field()? {
        match (number, part) {
            (1, Part::Bytes(bytes)) => {
                let mut types = Reader(bytes);
                while let Some((number, part)) = types.field()? {
                    match number {
                        1 => version = part.text()?,
                        2 => kind = part.text()?,
                        _ => {}
                    }
                }
            }
            (2, Part::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let fields = match kind.as_str() {
        "SelfSubjectAccessReview" => ACCESS,
        "SelfSubjectRulesReview" => RULES,
        "SelfSubjectReview" => &[],
        "Eviction" => EVICTION,
        "DeleteOptions" => DELETION,
        _ => return None,
    };
    let mut object = message(raw, fields)?;
    object.insert("kind".to_owned(), json!(kind));
    object.insert("apiVersion".to_owned(), json!(version));
    Some(Value::Object(object))
}

fn message(bytes: &[u8], fields: &[Field]) -> Option<Map<String, Value>> {
    let (mut reader, mut object) = (Reader(bytes), Map::new());
    while let Some((number, part)) = reader.field()? {
        let Some((_, name, holds)) = fields.iter().find(|(n, ..)| *n == number) else {
            continue;
        };
        let value = match (holds, part) {
            // What is empty was not said.
            (Holds::Text, part) => match part.text()? {
                text if text.is_empty() => continue,
                text => json!(text),
            },
            (Holds::Number, Part::Number(n)) => json!(n.cast_signed()),
            (Holds::Flag, Part::Number(n)) => json!(n != 0),
            (Holds::Texts, part) => {
                let text = part.text()?;
                if let Some(list) = object.entry(*name).or_insert_with(|| json!([])).as_array_mut() {
                    list.push(json!(text));
                }
                continue;
            }
            (Holds::Message(fields), Part::Bytes(bytes)) => Value::Object(message(bytes, fields)?),
            _ => return None,
        };
        object.insert((*name).to_owned(), value);
    }
    Some(object)
}

enum Part<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl Part<'_> {
    fn text(&self) -> Option<String> {
        match self {
            Self::Bytes(bytes) => String::from_utf8(bytes.to_vec()).ok(),
            Self::Number(_) => None,
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next field; `Some(None)` at the end, `None` if what is there is broken.
    fn field(&mut self) -> Option<Option<(u64, Part<'a>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let tag = self.number()?;
        let part = match tag & 7 {
            0 => Part::Number(self.number()?),
            1 => Part::Bytes(self.take(8)?),
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Part::Bytes(self.take(length)?)
            }
            5 => Part::Bytes(self.take(4)?),
            _ => return None,
        };
        Some(Some((tag >> 3, part)))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).unwrap();
        [&[number << 3 | 2, length], bytes].concat()
    }

    fn envelope(kind: &str, raw: &[u8]) -> Vec<u8> {
        let types = [field(1, b"v1"), field(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), field(1, &types), field(2, raw)].concat()
    }

    #[test]
    fn reviews_and_evictions_are_read() {
        let attributes = [field(1, b"shop"), field(2, b"list"), field(3, b""), field(5, b"pods")].concat();
        let review = envelope("SelfSubjectAccessReview", &field(2, &field(1, &attributes)));
        assert_eq!(
            read(&review),
            Some(json!({"kind": "SelfSubjectAccessReview", "apiVersion": "v1",
                "spec": {"resourceAttributes": {"namespace": "shop", "verb": "list", "resource": "pods"}}}))
        );
        let options = [vec![1 << 3, 30], field(5, b"All")].concat();
        let eviction = envelope("Eviction", &[field(1, &field(1, b"a")), field(2, &options)].concat());
        let read_back = read(&eviction).unwrap();
        assert_eq!(read_back["metadata"]["name"], "a");
        assert_eq!(read_back["deleteOptions"], json!({"gracePeriodSeconds": 30, "dryRun": ["All"]}));
        assert_eq!(read(&envelope("Pod", b"")), None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(raw in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = read(&envelope("Eviction", &raw));
            let _ = read(&[MAGIC, &raw].concat());
        }
    }
}
