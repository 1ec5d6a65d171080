//! Amazon's event stream encoding: length, headers, payload, each message with two checksums.

use serde_json::Value;

/// An event of this type.
pub(super) fn event(kind: &str, payload: &Value) -> Vec<u8> {
    let headers = [
        (":message-type", "event"),
        (":event-type", kind),
        (":content-type", "application/json"),
    ];
    message(&headers, payload.to_string().as_bytes())
}

/// The end of a stream, with a reason.
pub(super) fn exception(kind: &str, payload: &Value) -> Vec<u8> {
    let headers = [
        (":message-type", "exception"),
        (":exception-type", kind),
        (":content-type", "application/json"),
    ];
    message(&headers, payload.to_string().as_bytes())
}

fn message(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    /// The type of a header's value: a string.
    const STRING: u8 = 7;
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        head.extend_from_slice(name.as_bytes());
        head.push(STRING);
        head.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    // Two lengths and their checksum, and the checksum of the whole.
    const AROUND: usize = 12 + 4;
    let mut out = Vec::with_capacity(AROUND + head.len() + payload.len());
    out.extend_from_slice(&length(AROUND + head.len() + payload.len()));
    out.extend_from_slice(&length(head.len()));
    out.extend_from_slice(&crc32(&out).to_be_bytes());
    out.extend_from_slice(&head);
    out.extend_from_slice(payload);
    out.extend_from_slice(&crc32(&out).to_be_bytes());
    out
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

/// The checksum of Ethernet, gzip and PNG.
fn crc32(bytes: &[u8]) -> u32 {
    let whole = bytes.iter().fold(u32::MAX, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
        crc
    });
    !whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_that_everybody_uses() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let message = event("sessionUpdate", &serde_json::json!({}));
        assert_eq!(message.len(), u32::from_be_bytes(message[..4].try_into().unwrap()) as usize);
    }
}
