//! Choices from the fuzzer's bytes. Once they are used up, the first choice is taken each time.

/// The bytes that are left.
#[derive(Debug)]
pub struct Chance<'a>(&'a [u8]);

impl<'a> Chance<'a> {
    /// Choices from all of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether there are no bytes left.
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// From 0 up to, and without, `bound`, which is 256 at most.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound.max(1)
    }

    /// True for `of_256` of 256 bytes; never once the bytes are used up.
    pub fn seldom(&mut self, of_256: u8) -> bool {
        self.byte() > 255 - of_256
    }

    /// One of `choices`.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A number of any size.
    pub fn number(&mut self) -> u64 {
        let length = self.below(9);
        (0..length).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    /// A text of up to 255 bytes, in which what is no UTF-8 is replaced.
    pub fn text(&mut self) -> String {
        let length = usize::from(self.byte()).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    /// All that is left, as a text.
    pub fn rest(&mut self) -> String {
        String::from_utf8_lossy(std::mem::take(&mut self.0)).into_owned()
    }
}
