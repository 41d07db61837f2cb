//! Bytes as text that a zip compresses as well as the bytes themselves.
//!
//! Base64 spreads each byte over two characters at changing places, which hides from the compression what repeats: it
//! would make the app's zip a quarter larger. Here the commonest bytes are one character each and the others two, the
//! first of which says that there is a second.

#![expect(clippy::indexing_slicing, reason = "by a byte, into what has a place for each")]

/// Printable, one byte each in UTF-8, and the same inside any JavaScript string literal.
fn symbols() -> Vec<char> {
    (' '..='~').filter(|symbol| !['"', '$', '\'', '\\', '`'].contains(symbol)).collect()
}

/// How many of the symbols say that there is a second one.
const PREFIXES: usize = 2;

/// A text, and what is needed to read it.
pub struct TextCode {
    /// All bytes, commonest first, in hexadecimal.
    pub order: String,
    /// The bytes as text.
    pub text: String,
}

/// Writes bytes as text.
pub fn encode(bytes: &[u8]) -> TextCode {
    let order = commonest_first(bytes);
    let mut codes = vec![String::new(); 256];
    for (position, byte) in order.iter().enumerate() {
        codes[usize::from(*byte)] = code(position);
    }
    TextCode {
        order: order.iter().map(|byte| format!("{byte:02x}")).collect(),
        text: bytes.iter().map(|byte| codes[usize::from(*byte)].as_str()).collect(),
    }
}

fn commonest_first(bytes: &[u8]) -> Vec<u8> {
    let mut counts = [0_usize; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let mut order: Vec<u8> = (0..=255).collect();
    order.sort_by_key(|byte| std::cmp::Reverse(counts[usize::from(*byte)]));
    order
}

/// What stands for the byte at this position of the order.
fn code(position: usize) -> String {
    let symbols = symbols();
    let (prefixes, singles) = symbols.split_at(PREFIXES);
    let symbol = singles[position % singles.len()];
    match (position / singles.len()).checked_sub(1) {
        None => symbol.to_string(),
        Some(prefix) => String::from_iter([prefixes[prefix], symbol]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_a_code_of_its_own() {
        let mut codes: Vec<String> = (0..256).map(code).collect();
        assert_eq!(codes[0], "#");
        assert_eq!(codes[88], " #");
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), 256);
    }

    #[test]
    fn the_commonest_byte_is_the_first_symbol() {
        let encoded = encode(&[7, 9, 7]);
        assert_eq!(encoded.text, "#%#");
        assert!(encoded.order.starts_with("0709000102"));
    }
}
