/**
 * A bridge that carries nothing. Permission checks of the engine stay in front of it; whatever passes them gets a clear
 * error instead of a wrong answer.
 */
export function notOffered<Bridge extends object>(Base: (abstract new () => Bridge) | undefined, name: string): Bridge {
	const Empty = (Base ?? Object) as unknown as new () => Bridge;
	return new Proxy(new Empty(), {
		get(target, property, receiver) {
			// A promise that resolves to this object looks for `then`.
			if (property in target || property === 'then' || typeof property === 'symbol')
				return Reflect.get(target, property, receiver);
			return () => {
				throw new Error(`${name}.${property} is not offered by the sandbox`);
			};
		},
	});
}
