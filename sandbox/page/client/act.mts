import { signal } from '@preact/signals';
import type { ActionName, Asked, PickedFile, SettingsPage } from '../asked.mts';
import type { TrafficDetail } from '../documents.mts';

/** What went wrong last, for people to read. */
export const trouble = signal<string | undefined>(undefined);

/** What an action may give. */
interface Done {
	room?: string;
	contact?: string;
}

/** Has the server do something; undefined where it could not, which is shown. */
export function act<Name extends ActionName>(name: Name, asked: Asked[Name]): Promise<Done | undefined> {
	return post(name, asked);
}

/** Begins a scenario. */
export function play(scenario: string): Promise<Done | undefined> {
	return post('play', { scenario });
}

export function clearTraffic(): Promise<Done | undefined> {
	return post('traffic/clear', {});
}

export function trafficDetail(id: string): Promise<TrafficDetail> {
	return get(`traffic/${id}`);
}

export function settingsPage(): Promise<SettingsPage> {
	return get('settings');
}

/** The files that somebody picked, as they are sent. */
export function picked(files: FileList | null): Promise<PickedFile[]> {
	return Promise.all([...(files ?? [])].map(readFile));
}

async function readFile(file: File): Promise<PickedFile> {
	const bytes = new Uint8Array(await file.arrayBuffer());
	let binary = '';
	for (const byte of bytes) binary += String.fromCharCode(byte);
	return { name: file.name, type: file.type, data: btoa(binary) };
}

async function post(path: string, body: object): Promise<Done | undefined> {
	try {
		const response = await fetch(`/api/${path}`, {
			method: 'POST',
			headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify(body),
		});
		const answer = await response.json();
		if (!response.ok) throw new Error(answer.error);
		trouble.value = undefined;
		return answer;
	} catch (error) {
		trouble.value = (error as Error).message;
		return undefined;
	}
}

async function get<T>(path: string): Promise<T> {
	const response = await fetch(`/api/${path}`);
	const answer = await response.json();
	if (!response.ok) throw new Error(answer.error);
	return answer;
}
