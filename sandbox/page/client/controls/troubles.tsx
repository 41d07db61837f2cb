import { useSignal } from '@preact/signals';
import type { RapidProHealth } from '../../../troubles.mts';
import { act } from '../act.mts';
import { sandbox } from '../documents.mts';
import { duration } from '../time.mts';

const HEALTH: { health: RapidProHealth; title: string; hint: string }[] = [
	{ health: 'well', title: 'Works', hint: 'RapidPro takes webhooks at once' },
	{ health: 'down', title: 'Down', hint: 'RapidPro cuts every connection' },
	{ health: 'slow', title: 'Slow', hint: 'RapidPro takes six seconds for each webhook' },
	{ health: 'failing', title: 'Error 500', hint: 'RapidPro answers every webhook with an error' },
	{ health: 'late', title: 'Late', hint: 'RapidPro stores new tickets eight seconds late and answers 404 till then' },
];

const MINUTE_MS = 60_000;
const JUMPS = [2 * MINUTE_MS, 60 * MINUTE_MS, 24 * 60 * MINUTE_MS];

/** What anybody may break, and mend again. */
export function Troubles() {
	const now = sandbox();
	const isBusy = useSignal(false);
	const alone = async (deed: () => Promise<unknown>) => {
		isBusy.value = true;
		await deed();
		isBusy.value = false;
	};
	if (now === undefined) return null;
	const off = isBusy.value || now.starting !== undefined;
	return (
		<>
			<fieldset class="bar">
				<legend>RapidPro</legend>
				<div class="segments">
					{HEALTH.map(({ health, title, hint }) => (
						<label key={health} title={hint}>
							<input
								type="radio"
								name="health"
								checked={now.rapidPro === health}
								disabled={off}
								onChange={() => void act('trouble/rapidpro', { health })}
							/>
							{title}
						</label>
					))}
				</div>
			</fieldset>
			<fieldset class="bar">
				<legend>App</legend>
				<button
					type="button"
					title="Ends the app’s process; Rocket.Chat starts another"
					disabled={off || now.app !== 'enabled'}
					onClick={() => void alone(() => act('trouble/kill', {}))}
				>
					{now.app === 'restarting' ? 'Restarting …' : 'Kill'}
				</button>
				<label class="switch">
					<input
						type="checkbox"
						checked={now.app !== 'disabled'}
						disabled={off}
						onChange={({ currentTarget: { checked } }) => void alone(() => act('trouble/enable', { enabled: checked }))}
					/>
					Enabled
				</label>
				<label class="switch" title="Two Rocket.Chat servers over one database; agents act at either in turn">
					<input
						type="checkbox"
						checked={now.secondNode !== 'off'}
						disabled={off || now.secondNode === 'starting'}
						onChange={({ currentTarget: { checked } }) => void alone(() => act('trouble/node', { on: checked }))}
					/>
					{now.secondNode === 'starting' ? 'Second node starts …' : 'Second node'}
				</label>
			</fieldset>
			<fieldset class="bar">
				<legend>{now.clockAheadMs > 0 ? `Clock, ${duration(now.clockAheadMs)} ahead` : 'Clock'}</legend>
				{JUMPS.map((ms) => (
					<button
						key={ms}
						type="button"
						title={`Sets Rocket.Chat’s clock ${duration(ms)} forward`}
						disabled={off}
						onClick={() => void act('trouble/clock', { ms })}
					>
						+{duration(ms)}
					</button>
				))}
			</fieldset>
		</>
	);
}
