//! Symbols: a closed vocabulary, each word a number of 32 bits.
//!
//! Promises: 1. all words lie in one buffer, so a word costs its bytes plus twelve; 2. reading takes no lock.
//! Refuses: new words after it was made; that is what an interner is for.

use std::fmt;
use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::HashTable;

use crate::error::InvalidSetting;

/// The number of a word in its [`Symbols`], counted from 0 in the order in which the words were given.
///
/// ```
/// let colours = heirloom_reuse::Symbols::new(["red", "green"])?;
/// let (red, green) = (colours.symbol("red"), colours.symbol("green"));
/// assert!(red < green && size_of_val(&red.unwrap()) == 4);
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(u32);

impl Symbol {
    /// The number itself.
    ///
    /// ```
    /// let colours = heirloom_reuse::Symbols::new(["red", "green"])?;
    /// assert_eq!(colours.symbol("green").map(|symbol| symbol.number()), Some(1));
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn number(self) -> u32 {
        self.0
    }
}

/// A closed vocabulary.
///
/// ```
/// use heirloom_reuse::Symbols;
///
/// let colours = Symbols::new(["red", "green", "red", "blue"])?;
/// assert_eq!(colours.len(), 3);
/// let green = colours.symbol("green").expect("it is in the vocabulary");
/// assert_eq!((green.number(), colours.name(green)), (1, Some("green")));
/// assert_eq!(colours.symbol("purple"), None);
/// # Ok::<(), heirloom_reuse::InvalidSetting>(())
/// ```
pub struct Symbols {
    words: String,
    /// Where each word ends in `words`.
    ends: Vec<u32>,
    index: HashTable<u32>,
    hasher: foldhash::fast::RandomState,
}

impl Symbols {
    /// A vocabulary of `words`; those that occur again keep their first number.
    ///
    /// # Errors
    /// The words have 4 GiB or more.
    ///
    /// ```
    /// let colours = heirloom_reuse::Symbols::new("red green red".split(' '))?;
    /// assert_eq!(colours.len(), 2);
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn new<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Result<Self, InvalidSetting> {
        let hasher = foldhash::fast::RandomState::default();
        let mut symbols = Self { words: String::new(), ends: Vec::new(), index: HashTable::new(), hasher };
        for word in words {
            symbols.push(word.as_ref())?;
        }
        symbols.words.shrink_to_fit();
        symbols.ends.shrink_to_fit();
        Ok(symbols)
    }

    fn push(&mut self, word: &str) -> Result<(), InvalidSetting> {
        if self.symbol(word).is_some() {
            return Ok(());
        }
        let too_long = |_| InvalidSetting::new("the words have 4 GiB or more; give fewer, or intern them");
        let number = u32::try_from(self.ends.len()).map_err(too_long)?;
        let end = u32::try_from(self.words.len() + word.len()).map_err(too_long)?;
        self.words.push_str(word);
        self.ends.push(end);
        let (words, ends, hasher) = (&self.words, &self.ends, &self.hasher);
        let rehash = |number: &u32| hasher.hash_one(word_at(words, ends, *number).unwrap_or_default());
        self.index.insert_unique(hasher.hash_one(word), number, rehash);
        Ok(())
    }

    /// The symbol of `word`, if it is in the vocabulary.
    ///
    /// ```
    /// let colours = heirloom_reuse::Symbols::new(["red"])?;
    /// assert!(colours.symbol("red").is_some() && colours.symbol("pink").is_none());
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn symbol(&self, word: &str) -> Option<Symbol> {
        let is_it = |number: &u32| {
            let place = place(&self.ends, *number);
            // Bytes, because those of a word are text already.
            place.is_some_and(|place| self.words.as_bytes().get(place) == Some(word.as_bytes()))
        };
        self.index.find(self.hasher.hash_one(word), is_it).copied().map(Symbol)
    }

    /// The word of `symbol`; `None` for one of a larger vocabulary.
    ///
    /// ```
    /// let colours = heirloom_reuse::Symbols::new(["red"])?;
    /// let name = colours.symbol("red").and_then(|red| colours.name(red));
    /// assert_eq!(name, Some("red"));
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn name(&self, symbol: Symbol) -> Option<&str> {
        word_at(&self.words, &self.ends, symbol.0)
    }

    /// How many different words there are.
    ///
    /// ```
    /// assert_eq!(heirloom_reuse::Symbols::new(["red", "red"])?.len(), 1);
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no word.
    ///
    /// ```
    /// assert!(heirloom_reuse::Symbols::new([""; 0])?.is_empty());
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All words, in the order of their symbols.
    ///
    /// ```
    /// let colours = heirloom_reuse::Symbols::new(["red", "green"])?;
    /// assert_eq!(colours.names().collect::<Vec<_>>(), ["red", "green"]);
    /// # Ok::<(), heirloom_reuse::InvalidSetting>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        (0_u32..).map_while(|number| word_at(&self.words, &self.ends, number))
    }
}

fn word_at<'words>(words: &'words str, ends: &[u32], number: u32) -> Option<&'words str> {
    words.get(place(ends, number)?)
}

fn place(ends: &[u32], number: u32) -> Option<Range<usize>> {
    let number = number as usize;
    let end = *ends.get(number)? as usize;
    let start = number.checked_sub(1).map_or(0, |before| ends[before] as usize);
    Some(start..end)
}

impl fmt::Debug for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbols({} words)", self.len())
    }
}
