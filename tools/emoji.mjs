/**
 * The emoji that agents can type by name, as Rocket.Chat's servers know them.
 *
 * Their names are those of EmojiOne and its successor, emoji-toolkit (JoyPixels); since Rocket.Chat's pull request 39411
 * (2026) those of Emojibase, beside which the others are still read. `tools/write-emoji.mjs` stores them in `crate/src/emoji.txt`, whose form the core documents.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './project.mjs';

/** Where the core finds the table. */
export const EMOJI_TABLE = join(ROOT, 'crate', 'src', 'emoji.txt');

const VARIATION = /\ufe0f/g;
const TONES = /[\u{1f3fb}-\u{1f3ff}]/gu;
const TONE_WORDS = /_(?:tone[1-5](?:-[1-5])?|(?:medium_)?(?:light|dark|medium)_skin_tone)/g;
/** Where two emoji have one name, that of emoji-toolkit has it; but this one is Emojibase's first name for a thumb. */
const PREFERRED = { no: '👎' };
/** What EmojiOne 4.5, in servers of its time, called otherwise. */
const FORMER = { bride_with_veil: '👰', iphone: '📱' };

/** All names, without colons, and their emoji, fully qualified. */
export function emojiByName() {
	return new Map([...emojibase(), ...emojiToolkit(), ...Object.entries(FORMER), ...toned(PREFERRED)]);
}

/** The text of the table. */
export function emojiTable() {
	const known = emojiByName();
	const entries = new Map();
	for (const [name, emoji] of known) {
		if (!isToned(emoji)) {
			entryOf(entries, emoji).names.add(name);
		}
	}
	const withTones = [...known].filter(([, emoji]) => isToned(emoji));
	for (const [name, emoji] of withTones.sort(([, a], [, b]) => toneCount(a) - toneCount(b))) {
		addTones(entries, name, emoji);
	}
	const sorted = [...entries.values()].sort((a, b) => compare(a.emoji, b.emoji));
	const flags = sorted.filter(({ emoji }) => regionOf(emoji));
	return [...linesOf(sorted.filter((entry) => !flags.includes(entry))), '', ...flags.map(flagLine), ''].join('\n');
}

function emojiToolkit() {
	const entries = Object.values(createRequire(import.meta.url)('emoji-toolkit/emoji.json'));
	return entries.flatMap(({ shortname, shortname_alternates, code_points }) => {
		const emoji = decode(code_points.fully_qualified ?? code_points.base);
		const names = [shortname, ...shortname_alternates].map((name) => name.slice(1, -1));
		return names.filter(isPlain).map((name) => [name, emoji]);
	});
}

function emojibase() {
	const names = createRequire(import.meta.url)('emojibase-data/en/shortcodes/emojibase.json');
	return Object.entries(names).flatMap(([code, names]) => [names].flat().map((name) => [name, decode(code)]));
}

function toned(emojiByName) {
	return Object.entries(emojiByName).flatMap(([name, emoji]) => [
		[name, emoji],
		...[1, 2, 3, 4, 5].map((tone) => [`${name}_tone${tone}`, emoji + String.fromCodePoint(0x1f3fa + tone)]),
	]);
}

function decode(code) {
	return String.fromCodePoint(...code.split('-').map((part) => Number.parseInt(part, 16)));
}

function isPlain(name) {
	return /^[a-z0-9_+-]+$/.test(name);
}

/** A swatch of a tone is an emoji of its own. */
function isToned(emoji) {
	return emoji.search(TONES) > 0;
}

function toneCount(emoji) {
	return new Set(emoji.match(TONES)).size;
}

function entryOf(entries, emoji) {
	const key = emoji.replace(VARIATION, '');
	const entry = entries.get(key) ?? { emoji, names: new Set(), isToned: false, pair: '' };
	entry.emoji = emoji.length > entry.emoji.length ? emoji : entry.emoji;
	entries.set(key, entry);
	return entry;
}

/** The emoji without tones says that it takes them, and how two people are drawn who have different ones. */
function addTones(entries, name, emoji) {
	const base = name.replace(TONE_WORDS, '');
	const plain = emoji.replace(TONES, '');
	const isPair = toneCount(emoji) === 2;
	const known = [...entries.values()].find(({ names, isToned }) => isPair && isToned && names.has(base));
	const entry = known ?? entryOf(entries, plain);
	entry.isToned = true;
	entry.names.add(base);
	if (entry.emoji.replace(VARIATION, '') !== plain.replace(VARIATION, '')) {
		entry.pair = plain;
	}
}

/** The two letters of a region, where the emoji is its flag. */
function regionOf(emoji) {
	const letters = [...emoji].map((char) => char.codePointAt(0) - 0x1f1e6);
	const isFlag = letters.length === 2 && letters.every((letter) => letter >= 0 && letter < 26);
	return isFlag ? String.fromCharCode(...letters.map((letter) => letter + 65)) : undefined;
}

function flagLine({ emoji, names }) {
	const region = regionOf(emoji);
	const implied = [region.toLowerCase(), `flag_${region.toLowerCase()}`];
	return region + [...names].filter((name) => !implied.includes(name)).join(' ');
}

function linesOf(entries) {
	let before = 0;
	return entries.map(({ emoji, names, isToned, pair }) => {
		const first = emoji.codePointAt(0);
		const rest = emoji.slice(String.fromCodePoint(first).length);
		const follows = first === before + 1 ? /^(?!\u200d)/ : /^\u200d/;
		const shown = (first === before || first === before + 1) && follows.test(rest) ? rest : emoji;
		before = first;
		return `${shown}${isToned ? `~${pair}` : ''}${[...names].join(' ')}`;
	});
}

function compare(one, other) {
	const [a, b] = [[...one], [...other]].map((chars) => chars.map((char) => char.codePointAt(0)));
	const at = a.findIndex((code, index) => code !== b[index]);
	return at < 0 ? -1 : at >= b.length ? 1 : a[at] - b[at];
}
