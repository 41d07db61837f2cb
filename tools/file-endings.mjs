/**
 * The endings of files by MIME type, from mime-db, which collects them from IANA, Apache and nginx.
 * `tools/write-file-endings.mjs` stores them in `crate/src/text/file_endings.txt`, whose form the core documents.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './project.mjs';

const require = createRequire(import.meta.url);

export const FILE_ENDINGS_TABLE = join(ROOT, 'crate', 'src', 'text', 'file_endings.txt');

/**
 * What people send each other: media and texts, and what office programs, archivers, maps and mail programs write. The
 * other two thirds of mime-db are machines' types, which would take 5 kB of the package.
 */
const SENT = [
	/^(audio|image|text|video)\//,
	/^application\/(epub\+zip|gpx\+xml|json|msword|pdf|postscript|rtf|xml)$/,
	/^application\/(gzip|zip|x-7z-compressed|x-bzip2?|x-gzip|x-rar-compressed|x-tar|x-zip-compressed)$/,
	/^application\/vnd\.(apple\.(keynote|numbers|pages)|ms-|oasis\.opendocument\.|openxmlformats-officedocument\.|visio)/,
	/^application\/vnd\.(android\.package-archive|google-earth\.|rar$)/,
	/^message\/rfc822$/,
];

/** Where mime-db begins with an ending that people and their devices hardly know, or has none. */
const PREFERRED = {
	'application/postscript': 'ps',
	'application/x-pdf': 'pdf',
	'audio/3gpp': '3gp',
	'audio/aac': 'aac',
	'audio/amr-nb': 'amr',
	'audio/flac': 'flac',
	'audio/m4a': 'm4a',
	'audio/mpeg': 'mp3',
	'audio/ogg': 'ogg',
	'audio/opus': 'opus',
	'image/jpg': 'jpg',
	'image/pjpeg': 'jpg',
	'text/vcard': 'vcf',
	'video/avi': 'avi',
	'video/quicktime': 'mov',
};

/** Says nothing of a file. */
const UNKNOWN = 'application/octet-stream';

/** Addresses end in this where a program makes the file: it is not the file's own. */
const PROGRAM = 'php';

/** A line for each type that people send: the type and its endings, the best first. */
export function fileEndingsTable() {
	const known = Object.entries(require('mime-db')).map(([type, { extensions = [] }]) => [type, extensions]);
	const all = new Map([...Object.keys(PREFERRED).map((type) => [type, []]), ...known]);
	all.delete(UNKNOWN);
	const lines = [...all].map(([type, endings]) => {
		const best = PREFERRED[type] ?? endings[0];
		return [type, best, ...endings.filter((ending) => ending !== best && ending !== PROGRAM)];
	});
	return lines
		.filter(([type, best]) => best && best !== PROGRAM && isSent(type))
		.map((line) => `${line.join(' ')}\n`)
		.sort()
		.join('');
}

function isSent(type) {
	return type in PREFERRED || SENT.some((pattern) => pattern.test(type));
}
