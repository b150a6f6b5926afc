//! Paging tokens: opaque to callers, base32 with padding as the vendor's look.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Wraps a position of one kind of walk.
pub(crate) fn wrap(kind: &str, position: i64) -> String {
    encode(format!("{kind}:{position}").as_bytes())
}

/// The position in a token of that kind.
pub(crate) fn open(kind: &str, token: &str) -> Option<i64> {
    let text = String::from_utf8(decode(token)?).ok()?;
    text.strip_prefix(kind)?.strip_prefix(':')?.parse().ok()
}

fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks(5) {
        let mut block = [0_u8; 5];
        block[..group.len()].copy_from_slice(group);
        let bits = block
            .iter()
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let filled = (group.len() * 8).div_ceil(5);
        for at in 0..8 {
            let digit = (bits >> (35 - at * 5)) & 31;
            out.push(if at < filled {
                char::from(ALPHABET[digit as usize])
            } else {
                '='
            });
        }
    }
    out
}

fn decode(token: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in token.trim_end_matches('=').bytes() {
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits = (bits << 5) | digit as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}
