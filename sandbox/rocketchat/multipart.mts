import type { IncomingMessage } from 'node:http';
import busboy from 'busboy';

/** A multipart body. */
export interface Multipart {
	files: Record<string, Buffer | undefined>;
	fields: Record<string, string | undefined>;
}

/** Reads a multipart body whose files are no larger than the limit. */
export function readMultipart(request: IncomingMessage, fileSizeMax: number): Promise<Multipart> {
	return new Promise((resolve, reject) => {
		const parts: Multipart = { files: {}, fields: {} };
		const parser = busboy({ headers: request.headers, limits: { fileSize: fileSizeMax } });
		parser.on('field', (name, value) => {
			parts.fields[name] = value;
		});
		parser.on('file', (name, stream) => {
			const chunks: Buffer[] = [];
			stream.on('data', (chunk: Buffer) => chunks.push(chunk));
			stream.on('limit', () => reject(new Error('[error-file-too-large]')));
			stream.on('end', () => {
				parts.files[name] = Buffer.concat(chunks);
			});
		});
		parser.on('error', reject);
		parser.on('close', () => resolve(parts));
		request.pipe(parser);
	});
}
