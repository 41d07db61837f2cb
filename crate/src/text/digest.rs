//! Comparing secrets in constant time, and hashes.

use hmac::{Hmac, Mac};
use sha2::digest::Update;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Compares digests, so that neither the content nor the length of the secret shows in the time.
pub fn same(given: &str, secret: &str) -> bool {
    Sha256::digest(given).ct_eq(&Sha256::digest(secret)).into()
}

/// A keyed hash of `parts`, in hexadecimal; different lists of parts never run together.
pub fn keyed_hash(key: &str, parts: &[&str]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    feed(&mut mac, parts);
    hex(&mac.finalize().into_bytes())
}

/// A hash of `parts`, in hexadecimal; different lists of parts never run together. Half the work of a keyed one.
pub fn hash(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    feed(&mut digest, parts);
    hex(&digest.finalize())
}

fn feed(hasher: &mut impl Update, parts: &[&str]) {
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
}

/// `bytes` in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_compared_whole() {
        assert!(same("secret", "secret"));
        assert!(!same("secre", "secret"));
        assert!(!same("secret!", "secret"));
        assert!(!same("", "secret"));
    }

    #[test]
    fn hashes_depend_on_key_and_every_border() {
        let keyed = keyed_hash("key", &["ab", "c"]);
        assert_eq!(keyed.len(), 64);
        assert_eq!(keyed, keyed_hash("key", &["ab", "c"]));
        assert_ne!(keyed, keyed_hash("key", &["a", "bc"]));
        assert_ne!(keyed, keyed_hash("kez", &["ab", "c"]));
        assert_ne!(keyed, hash(&["ab", "c"]));
        assert_ne!(hash(&["a", "bc"]), hash(&["ab", "c"]));
    }

    #[test]
    fn hexadecimal() {
        assert_eq!(hex(&[0, 15, 160, 255]), "000fa0ff");
    }
}
