/** A client of the WebSocket, as docs/websocket.md has it: it keeps what it heard. */
import { type ClientOptions, WebSocket } from 'ws';

// biome-ignore lint/suspicious/noExplicitAny: a frame is JSON that a test then looks at
export type Frame = any;

export class Listener {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  /** The code with which the connection ended. */
  readonly closed: Promise<number>;
  /** Told of each frame as it comes. */
  onFrame: (frame: Frame) => void = () => undefined;
  #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code) => resolve(code));
    });
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data));
      this.frames.push(frame);
      this.onFrame(frame);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  /** @throws {Error} with the status of a refusal in its message. */
  static async open(url: string, ticket: string, options: ClientOptions = {}): Promise<Listener> {
    const socket = new WebSocket(`${url}?ticket=${ticket}`, options);
    const listener = new Listener(socket);
    await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return listener;
  }

  say(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** Waits for a frame; those that came before count. */
  async until(wanted: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(wanted);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Events by their ids, all else by its action. */
  get heard(): readonly string[] {
    return this.frames.map(({ event_id, action }) => event_id ?? action);
  }
}
