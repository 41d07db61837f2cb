import { useSignal } from '@preact/signals';
import type { SettingsPage } from '../../asked.mts';
import { act } from '../act.mts';
import { CopyButton } from '../parts/copy-button.tsx';

/** RapidPro's side of the connection: what it shows, and what it asks for. */
export function Connect({ page: { secret, appUrl, api } }: { page: SettingsPage }) {
	const isConnected = useSignal(false);
	return (
		<aside class="connect">
			<h3>In RapidPro</h3>
			{api === undefined ? <Ticketer secret={secret} appUrl={appUrl} /> : <Api {...api} />}
			<p class="bar">
				<button
					type="button"
					onClick={async () => {
						isConnected.value = (await act('connect', {})) !== undefined;
					}}
				>
					Connect RapidPro
				</button>
				<span role="status">{isConnected.value && 'Connected'}</span>
			</p>
		</aside>
	);
}

function Ticketer({ secret, appUrl }: { secret: string; appUrl: string }) {
	return (
		<>
			<p class="muted">Connect a Ticketing Service → Rocket.Chat</p>
			<dl>
				<dt>RapidPro shows this secret. It goes into App Secret:</dt>
				<Pasted text={secret} title="Copy the secret" isSecret />
				<dt>RapidPro asks for this URL:</dt>
				<Pasted text={appUrl} title="Copy the URL" />
			</dl>
		</>
	);
}

function Api({ address, token }: { address: string; token: string }) {
	return (
		<>
			<p class="muted">Settings → API Tokens → New</p>
			<dl>
				<dt>Where RapidPro is. It goes into RapidPro’s address:</dt>
				<Pasted text={address} title="Copy the address" />
				<dt>RapidPro shows this token. It goes into RapidPro API token:</dt>
				<Pasted text={token} title="Copy the token" isSecret />
			</dl>
		</>
	);
}

function Pasted({ text, title, isSecret = false }: { text: string; title: string; isSecret?: boolean }) {
	return (
		<dd>
			<code>{isSecret ? '•'.repeat(text.length) : text}</code>
			<CopyButton text={text} title={title} />
		</dd>
	);
}
