import type { FileLink } from '../../documents.mts';
import { Icon } from './icon.tsx';

/** The files of a message: pictures are shown, sound and film can be played, others opened. */
export function Files({ files }: { files: FileLink[] }) {
	return (
		<>
			{files.map((file) => (
				<File key={file.url} file={file} />
			))}
		</>
	);
}

function File({ file: { name, type, url } }: { file: FileLink }) {
	if (type.startsWith('image')) return <img class="media" src={url} alt={name} width={240} height={160} />;
	// biome-ignore lint/a11y/useMediaCaption: what people send each other has no captions
	if (type.startsWith('audio')) return <audio class="media" src={url} controls aria-label={name} />;
	// biome-ignore lint/a11y/useMediaCaption: what people send each other has no captions
	if (type.startsWith('video')) return <video class="media" src={url} controls aria-label={name} />;
	return (
		<a class="file with-icon" href={url} target="_blank" rel="noreferrer">
			<Icon name="file" />
			{name}
		</a>
	);
}
