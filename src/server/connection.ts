// One client's connection: frames in, answers out in the order of the requests.
// A request starts when every earlier one is answered, as in Kafka, which mutes a connection while it works for it;
// only a Produce may start behind Produces that still wait for their write, since they take effect in order anyway.
import type { ConnectionInfo } from '../api/handler.ts'
import { giveBack, isLent, type Socket } from '../io/index.ts'
import { Framer } from './framer.ts'
import type { RequestMemory } from './limits.ts'

// A test's fake timers stay outside.
const { nextTick } = process

/** Frames held back on one connection before it is no longer read from. */
const MAX_HELD_FRAMES = 64
/** Bytes of answers that the peer has not taken before no further request of it is started. */
const MAX_UNSENT_BYTES = 16 << 20

/** An answer as slices, or none (acks=0), or the wish to end the connection. */
export type Reply = readonly Uint8Array[] | 'none' | 'close'

export interface Dispatcher {
  /** Whether somebody may look at an answer when it was sent already. */
  keepsAnswers(): boolean
  /** Whether the request may start while earlier ones that also may are unanswered. */
  mayOverlap(frame: Buffer): boolean
  /** Starts the request and calls `reply` once: in this turn or later. */
  dispatch(connection: Connection, frame: Buffer, reply: (reply: Reply) => void): void
}

interface Slot {
  readonly bytes: number
  readonly overlaps: boolean
  reply: Reply | undefined
}

export class Connection {
  readonly info: ConnectionInfo
  lastActiveMs: number
  private readonly socket: Socket
  private readonly dispatcher: Dispatcher
  private readonly memory: RequestMemory
  private readonly framer: Framer
  /** Received and not started. */
  private readonly held: Buffer[] = []
  /** Started and not answered, in order. */
  private readonly slots: Slot[] = []
  private readonly resume = () => this.readOn()
  private readonly now: () => number
  private paused = false
  private closed = false
  /** Something that is no frame came in: this connection only answers what came before. */
  private ending = false
  private corked = false
  private stalled = false

  constructor(
    socket: Socket,
    info: ConnectionInfo,
    dispatcher: Dispatcher,
    memory: RequestMemory,
    maxFrameSize: () => number,
    now: () => number,
  ) {
    this.socket = socket
    this.info = info
    this.dispatcher = dispatcher
    this.memory = memory
    this.framer = new Framer(maxFrameSize)
    this.now = now
    this.lastActiveMs = now()
    socket.on('drain', () => this.startHeld())
  }

  /** Whether a request was started that is not answered. */
  get isWaited(): boolean {
    return this.slots.length > 0
  }

  /** Whether an answer is on its way out. */
  get isSending(): boolean {
    return this.corked || (!this.stalled && this.socket.writableLength > 0)
  }

  /** Nothing goes in or out any more, though nobody is told: what a network does that lost its way. */
  stall(): void {
    if (this.stalled || this.closed) return
    this.stalled = true
    this.socket.pause()
    this.socket.cork()
  }

  /** The end of a stall: what had to wait goes on. */
  unstall(): void {
    if (!this.stalled) return
    this.stalled = false
    this.socket.uncork()
    if (!this.paused && !this.closed && !this.ending) this.socket.resume()
  }

  /** Ends the connection at once, what was sent before included. */
  cut(): void {
    this.release()
    this.socket.resetAndDestroy()
  }

  get isIdle(): boolean {
    return this.slots.length === 0 && this.held.length === 0
  }

  /** Takes what arrived. Throws FrameSizeError, with everything before that frame taken. */
  receive(chunk: Buffer): void {
    if (this.closed || this.ending) return
    this.lastActiveMs = this.now()
    try {
      this.framer.push(chunk, (frame) => {
        this.memory.take(frame.length)
        this.held.push(frame)
      })
    } finally {
      this.startHeld()
    }
  }

  /** Ends the connection after the answers to what was received; nothing more is read. */
  closeAfterAnswers(): void {
    this.ending = true
    this.socket.pause()
    this.closeIfDone()
  }

  private closeIfDone(): void {
    if (this.ending && this.isIdle) this.close()
  }

  private startHeld(): void {
    while (!this.closed && this.mayStartNext()) {
      const frame = this.held.shift()
      if (frame === undefined) break
      this.start(frame)
    }
    this.holdBack()
  }

  private mayStartNext(): boolean {
    const next = this.held[0]
    if (next === undefined || this.socket.writableLength > MAX_UNSENT_BYTES) return false
    const last = this.slots[this.slots.length - 1]
    return last === undefined || (last.overlaps && this.dispatcher.mayOverlap(next))
  }

  private start(frame: Buffer): void {
    const slot: Slot = { bytes: frame.length, overlaps: this.dispatcher.mayOverlap(frame), reply: undefined }
    this.slots.push(slot)
    this.dispatcher.dispatch(this, frame, (reply) => {
      slot.reply = reply
      this.sendReady()
    })
  }

  /** Sends the answers that no earlier request holds up, then starts what waited for them. */
  private sendReady(): void {
    let sent = false
    for (let slot = this.slots[0]; slot?.reply !== undefined && !this.closed; slot = this.slots[0]) {
      this.slots.shift()
      this.memory.release(slot.bytes)
      if (slot.reply === 'close') {
        this.close()
        return
      }
      if (slot.reply !== 'none') this.send(slot.reply)
      sent = true
    }
    if (sent && this.held.length > 0) this.startHeld()
    this.closeIfDone()
  }

  /** Answers of one turn leave as one vectored write. */
  private send(slices: readonly Uint8Array[]): void {
    this.lastActiveMs = this.now()
    if (!this.corked) {
      this.corked = true
      this.socket.cork()
      nextTick(() => {
        this.corked = false
        this.socket.uncork()
      })
    }
    for (const slice of slices) {
      if (!isLent(slice) || this.dispatcher.keepsAnswers()) this.socket.write(slice)
      else this.socket.write(slice, (error) => error ?? giveBack(slice))
    }
  }

  private holdBack(): void {
    if (this.closed) return
    const full = this.held.length >= MAX_HELD_FRAMES
    if (this.memory.exhausted) this.memory.whenFree(this.resume)
    if ((full || this.memory.exhausted) && !this.paused) {
      this.paused = true
      this.socket.pause()
    } else if (this.paused && !full && !this.memory.exhausted) this.readOn()
  }

  private readOn(): void {
    if (!this.paused || this.closed || this.ending || this.held.length >= MAX_HELD_FRAMES) return
    this.paused = false
    if (!this.stalled) this.socket.resume()
  }

  /** Ends the connection; what was sent before still leaves. */
  close(): void {
    if (this.closed) return
    this.release()
    this.socket.destroySoon()
  }

  /** Forgets what was in flight; called once when the socket is gone or given up. */
  release(): void {
    if (this.closed) return
    this.closed = true
    this.memory.forget(this.resume)
    for (const slot of this.slots) this.memory.release(slot.bytes)
    for (const frame of this.held) this.memory.release(frame.length)
    this.slots.length = 0
    this.held.length = 0
  }
}
