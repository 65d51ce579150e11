//! Vietnamese text: folding, synonyms, relevance of a name to a demand, indexes and search.
//!
//! Knows letters, syllables and names; must not know offers, demands, prices or requests.

pub mod fold;
pub mod index;
mod lexicon;
mod postings;
pub mod relevance;
pub mod search;
mod search_query;
pub mod syllable;
pub mod synonyms;
mod texts;
mod vocabulary;
mod word;
