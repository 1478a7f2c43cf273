//! `Interner` and `Symbols` beside internment and lasso: a text of 17 bytes that is held already.
//!
//! Promises: one vocabulary of a thousand texts, all held. Refuses: comparing what is freed with what never is in
//! memory; internment's `Intern` and lasso keep their texts for ever, `Interner` and `ArcIntern` do not.

use std::hint::black_box;

use foldhash::fast::RandomState;
use heirloom_reuse::{Interner, Symbols};
use internment::{ArcIntern, Intern};
use lasso::{Rodeo, ThreadedRodeo};

use super::{Asked, each_key};
use crate::keys;
use crate::subject::{Effort, Goal, Work};

pub(super) fn works() -> Vec<Work> {
    vec![freed(1), freed(2), closed()]
}

fn texts() -> Vec<String> {
    keys::numbers(1_000).into_iter().map(|number| format!("label {:011}", number >> 32)).collect()
}

fn freed(threads: usize) -> Work {
    let asked = Asked::new(texts(), threads);
    let plural = if threads == 1 { "" } else { "s" };
    Work {
        name: format!("reuse: intern a held text, {threads} thread{plural}"),
        subjects: vec![
            each_key("heirloom `Interner`", &asked, |texts: &[String]| {
                let words = Interner::<Box<str>>::new();
                let held: Vec<_> = texts.iter().map(|text| words.intern_ref(text.as_str())).collect();
                move |text: &String| {
                    black_box((words.intern_ref(text.as_str()), held.len()));
                }
            }),
            each_key("internment `ArcIntern`", &asked, |texts: &[String]| {
                let held: Vec<ArcIntern<str>> =
                    texts.iter().map(|text| ArcIntern::from(text.as_str())).collect();
                move |text: &String| {
                    black_box((ArcIntern::<str>::from(text.as_str()), held.len()));
                }
            }),
            each_key("internment `Intern`, never freed", &asked, |texts: &[String]| {
                let held: Vec<Intern<str>> = texts.iter().map(|text| Intern::from(text.as_str())).collect();
                move |text: &String| {
                    black_box((Intern::<str>::from(text.as_str()), held.len()));
                }
            }),
            each_key("lasso `ThreadedRodeo`, never freed", &asked, |texts: &[String]| {
                let words: ThreadedRodeo<lasso::Spur, RandomState> =
                    ThreadedRodeo::with_hasher(RandomState::default());
                for text in texts {
                    let _ = words.get_or_intern(text);
                }
                move |text: &String| _ = black_box(words.get_or_intern(text))
            }),
        ],
        against: "internment `ArcIntern`",
        goal: Goal::Ratio(1.0),
        effort: Effort::Small,
    }
}

fn closed() -> Work {
    let asked = Asked::new(texts(), 1);
    Work {
        name: "reuse: number of a text in a closed vocabulary".to_owned(),
        subjects: vec![
            each_key("heirloom `Symbols`", &asked, |texts: &[String]| {
                let words = Symbols::new(texts).expect("few words");
                move |text: &String| _ = black_box(words.symbol(text))
            }),
            each_key("lasso `RodeoReader`", &asked, |texts: &[String]| {
                let mut words: Rodeo<lasso::Spur, RandomState> = Rodeo::with_hasher(RandomState::default());
                for text in texts {
                    let _ = words.get_or_intern(text);
                }
                let words = words.into_reader();
                move |text: &String| _ = black_box(words.get(text))
            }),
        ],
        against: "lasso `RodeoReader`",
        goal: Goal::Ratio(1.0),
        effort: Effort::Small,
    }
}
