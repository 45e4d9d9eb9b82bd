/** Timers by name: setting one again replaces it. */

export class Timers<Name extends string> {
  private readonly running = new Map<Name, ReturnType<typeof setTimeout>>();

  set(name: Name, milliseconds: number, work: () => void): void {
    this.clear(name);
    const fire = () => {
      this.running.delete(name);
      work();
    };
    this.running.set(name, setTimeout(fire, milliseconds));
  }

  has(name: Name): boolean {
    return this.running.has(name);
  }

  clear(name: Name): void {
    clearTimeout(this.running.get(name));
    this.running.delete(name);
  }

  clearAll(): void {
    for (const timer of this.running.values()) clearTimeout(timer);
    this.running.clear();
  }
}
