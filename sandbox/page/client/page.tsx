import { useSignal } from '@preact/signals';
import { trouble } from './act.mts';
import { Controls } from './controls/controls.tsx';
import { Scenarios } from './controls/scenarios.tsx';
import { isLive, sandbox } from './documents.mts';
import { Icon, type IconName } from './parts/icon.tsx';
import { RapidProColumn } from './rapidpro/column.tsx';
import { RocketChatColumn } from './rocketchat/column.tsx';
import { type Part, part } from './selection.mts';
import { SettingsWindow } from './settings/settings-window.tsx';
import { TrafficColumn } from './traffic/column.tsx';

const PARTS: { id: Part; title: string; icon: IconName }[] = [
	{ id: 'rapidpro', title: 'RapidPro', icon: 'phone' },
	{ id: 'rocketchat', title: 'Rocket.Chat', icon: 'chat' },
	{ id: 'traffic', title: 'Traffic', icon: 'traffic' },
	{ id: 'controls', title: 'Controls', icon: 'bolt' },
];

/** The whole page: both sides, what goes between them, and what makes things happen. */
export function Page() {
	const isSettingUp = useSignal(false);
	return (
		<div class="page" data-part={part.value}>
			<header class="page-header">
				<h1>RapidPro Tickets</h1>
				<Status />
				<Scenarios />
				<button
					type="button"
					class="with-icon"
					disabled={sandbox()?.appUrl === undefined}
					onClick={() => (isSettingUp.value = true)}
				>
					<Icon name="settings" />
					App settings
				</button>
			</header>
			<Controls />
			<main>
				<RapidProColumn />
				<RocketChatColumn />
				<TrafficColumn />
			</main>
			<nav class="parts" aria-label="Parts of the page">
				{PARTS.map(({ id, title, icon }) => (
					<button key={id} type="button" aria-current={part.value === id} onClick={() => (part.value = id)}>
						<Icon name={icon} />
						{title}
					</button>
				))}
			</nav>
			<Trouble />
			{isSettingUp.value && <SettingsWindow close={() => (isSettingUp.value = false)} />}
		</div>
	);
}

function Status() {
	const starting = sandbox()?.starting;
	const words = isLive.value ? (starting === undefined ? 'Live' : `${starting} …`) : 'No connection to the sandbox';
	return (
		<p class={`status ${isLive.value && starting === undefined ? 'good' : ''}`} role="status">
			{words}
		</p>
	);
}

/** What went wrong last, until somebody has read it. */
function Trouble() {
	return (
		<div class="toasts" role="alert">
			{trouble.value !== undefined && (
				<p class="toast">
					<Icon name="warning" />
					{trouble.value}
					<button type="button" class="icon-button" onClick={() => (trouble.value = undefined)}>
						<Icon name="close" />
						<span class="hidden">Hide this message</span>
					</button>
				</p>
			)}
		</div>
	);
}
