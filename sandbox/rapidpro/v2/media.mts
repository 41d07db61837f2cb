import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import busboy from 'busboy';
import { unsupported } from './body.mts';
import type { Traits } from './release.mts';
import { json, type Question, Refusal, type Reply } from './reply.mts';
import { uploadResult } from './results.mts';
import type { Store } from './store.mts';

const MAX_BYTES = 25 * 1024 * 1024;
const FORMS = /^multipart\/form-data\b/i;

/** `POST media.json`. The type is what the part declares, without its parameters; nobody looks inside. */
export async function postMedia(question: Question, store: Store): Promise<Reply> {
	if (!FORMS.test(question.contentType)) throw unsupported(question.contentType);
	const file = await fileIn(question);
	if (file === undefined) throw wrong('No file was submitted.');
	if (file.bytes.length === 0) throw wrong('The submitted file is empty.');
	if (!isTaken(file.contentType, store.traits)) throw wrong('Unsupported file type.');
	if (file.bytes.length > MAX_BYTES) throw wrong('Limit for file uploads is 25.0 MB.');
	const uuid = randomUUID();
	const path = `/media/orgs/1/media/${uuid.slice(0, 4)}/${uuid}/${encodeURIComponent(file.filename)}`;
	const stored = store.media.storeAt(path, file.contentType, file.bytes);
	const upload = {
		uuid,
		contentType: file.contentType,
		url: store.traits.relativeMedia ? path : stored,
		filename: file.filename,
		size: file.bytes.length,
	};
	store.uploads.push(upload);
	return json(201, uploadResult(upload));
}

function isTaken(contentType: string, { images }: Traits): boolean {
	const [kind] = contentType.split('/');
	if (kind === 'image') return images?.has(contentType) ?? true;
	return kind === 'audio' || kind === 'video' || contentType === 'application/pdf';
}

interface UploadedFile {
	filename: string;
	contentType: string;
	bytes: Buffer;
}

/** The part `file`, as Django takes it apart: a path before the name is dropped, Base64 is decoded. */
function fileIn({ contentType, body }: Question): Promise<UploadedFile | undefined> {
	return new Promise((resolve, reject) => {
		let found: UploadedFile | undefined;
		const parser = busboy({ headers: { 'content-type': contentType }, defParamCharset: 'utf8' });
		parser.on('file', (name, stream, { filename, encoding, mimeType }) => {
			const chunks: Buffer[] = [];
			stream.on('data', (chunk: Buffer) => chunks.push(chunk));
			stream.on('end', () => {
				const raw = Buffer.concat(chunks);
				const bytes = encoding.toLowerCase() === 'base64' ? Buffer.from(raw.toString('latin1'), 'base64') : raw;
				if (name === 'file') found = { filename, contentType: mimeType.toLowerCase(), bytes };
			});
		});
		parser.on('error', reject);
		parser.on('close', () => resolve(found));
		Readable.from([body]).pipe(parser);
	});
}

function wrong(words: string): Refusal {
	return new Refusal(400, { file: [words] });
}
