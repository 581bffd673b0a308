"""sacrebleu's scores of translations: writes scores.json beside this file.

    python3 -m venv venv && venv/bin/pip install sacrebleu && venv/bin/python tests/golden/scores.py

References are sentences of this project's generated data, and sentences with punctuation that is hard to split. Hypotheses
are changed at random: words are dropped, swapped, repeated, written in another case. `tests/tests/scores.rs` scores the
same pairs and compares.
"""

import json
import pathlib
import random

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF

GENERATED = """
Three sick men find bags.
The neighbors who call clever girls threw away two suitcases in the evening.
A little cook woke up yesterday.
The young child called the grandmother on the train on Monday.
The boys do not thank the tired men.
A friendly grandmother has to play carefully behind the church today.
A doctor who does not feed a bird ate the apple.
The hungry sister helped the tired men at the school today.
Two brothers wait because the gardeners bought soups every day.
Does the young boy wake up on Monday?
The woman hopes that the grandmother does not find the picture.
Three gardeners do not have to pack a big bag.
A little brother wants to find a lamp on the beach tomorrow.
Did the clever teachers hide a shirt?
The young teacher showed two clocks to the brother on the train every day.
The men hear that three doctors do not bring any keys to the student.
The white ducks slept because the grandmothers bring the big picture to the boys.
Do two brothers give back a bag to the man cheerfully in the evening?
Die freundliche Nachbarin, die das neue Buch wegwerfen will, hat einen Apfel gekauft.
Zwei Kinder haben der Ärztin geholfen, weil die freundlichen Ärztinnen das Ei essen.
""".strip().split("\n")

HARD = [
    ('He said: "It\'s 1,000.5 euros, isn\'t it?"', 'He said "It is 1,000.5 euros, isn\'t it?".'),
    ("A well-known 5-year-old (T-shirt: no. 7) ran 3.5 km...", "A well-known 5 year old (T-Shirt: No. 7) ran 3.5km ..."),
    ("R&amp;D costs &lt;50% &quot;today&quot; &amp;lt;", "R&D costs <50% \"today\" &lt;"),
    ("Visit a/b\\c [x] {y} ~z_w ^v |u @t #s $r %q *p +o =n ;m !l ?k", "Visit a/b\\c [x] {y} ~z_w ^v |u @t #s $r %q *p +o =n;m!l?k"),
    ("„Größe“ – sagt er – ist 3,5 €; so…", "„Größe“ sagt er – ist 3.5€; so …"),
    ("naïve café ÉTÉ İstanbul ΣΑΣ straße STRASSE", "Naïve cafe\u0301 été istanbul σας Straße strasse"),
    ("", "An empty hypothesis."),
    ("An empty reference?", ""),
    ("Hi", "Hi"),
    ("Hi there", "there Hi"),
    ("a\u00a0b\u2003c\td\u3000e  f", "a b c d e f"),
    ("the the the the the the the", "the cat is on the mat"),
    (".,.,5.,5,.x.,y,.1-2-a-3", "., .,5 .,5 ,.x., y,.1-2-a-3"),
    ("日本語 の 文。 😀 ok", "日本語の文。 😀 OK"),
    ("<skipped>twice<skipped> the tag", "twice the tag"),
    ("trailing space   ", "  leading space"),
]


def changed(sentence, rng):
    words = sentence.split(" ")
    for _ in range(rng.randrange(4)):
        i, j = rng.randrange(len(words)), rng.randrange(len(words))
        change = rng.randrange(5)
        if change == 0 and len(words) > 2:
            del words[i]
        elif change == 1:
            words[i], words[j] = words[j], words[i]
        elif change == 2:
            words.insert(i, words[j])
        elif change == 3:
            words[i] = words[i].upper()
        else:
            words[i] = words[i][:-1] or "x"
    return " ".join(words)


rng = random.Random(0)
pairs = [(changed(sentence, rng), sentence) for sentence in GENERATED for _ in range(2)] + HARD
hypotheses, references = [list(side) for side in zip(*pairs)]


def scores(lowercase):
    bleu, chrf = BLEU(lowercase=lowercase), CHRF(lowercase=lowercase)
    one = BLEU(lowercase=lowercase, effective_order=True)
    corpus = bleu.corpus_score(hypotheses, [references])
    chrf_score = chrf.corpus_score(hypotheses, [references]).score
    # The signature of a score is known once it is used; its version is not ours.
    signatures = [str(metric.get_signature()).split("|version:")[0] for metric in (bleu, chrf)]
    return {
        "bleu": corpus.score,
        "precisions": corpus.precisions,
        "brevity_penalty": corpus.bp,
        "lengths": [corpus.sys_len, corpus.ref_len],
        "chrf": chrf_score,
        "signatures": signatures,
        "hard_bleu": bleu.corpus_score([h for h, _ in HARD], [[r for _, r in HARD]]).score,
        "sentence_bleu": [one.sentence_score(h, [r]).score for h, r in pairs],
        "sentence_chrf": [chrf.sentence_score(h, [r]).score for h, r in pairs],
    }


tokenizer = BLEU().tokenizer
golden = {
    "sacrebleu": sacrebleu.__version__,
    "pairs": pairs,
    "hard": len(HARD),
    "tokens": [tokenizer(h.rstrip()).split() for h in hypotheses],
    "mixed": scores(False),
    "lower_case": scores(True),
}
path = pathlib.Path(__file__).parent / "scores.json"
path.write_text(json.dumps(golden, ensure_ascii=False, indent=None) + "\n")
print(f"{len(pairs)} pairs, {path.stat().st_size // 1024} KiB, {golden['mixed']['bleu']:.2f}, {golden['lower_case']['bleu']:.2f}")
