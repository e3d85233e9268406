async function effect(): Promise<void> {}
export function forgets(): void {
  effect();
}
