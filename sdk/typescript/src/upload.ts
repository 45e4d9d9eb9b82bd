/** Files sent in pieces with tus 1.0 (https://tus.io/protocols/resumable-upload). */

import type { Backoff } from "./backoff.ts";
import { ApiError } from "./errors.ts";
import type { Requests } from "./requests.ts";
import type { FileInfo } from "./wire.ts";

export interface UploadOptions {
  /** Continue an earlier upload, at the address that `onBegun` was called with. */
  readonly address?: string | null;
  readonly onBegun?: (address: string) => void;
  /** Called with the number of bytes that the server has. */
  readonly onProgress?: (bytes: number) => void;
  /** Stops sending; `Api.cancelUpload` also deletes the bytes on the server. */
  readonly signal?: AbortSignal;
  /** The loudness of a recording over time: at most 128 samples from 0 to 255. */
  readonly waveform?: Uint8Array;
  /** More `Upload-Metadata`, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Bytes. A piece that takes less than `QUICK` milliseconds is followed by a larger one. */
const SMALLEST = 256 * 1_024;
const LARGEST = 4 * 1_024 * 1_024;
const QUICK = 1_000;
/** The number of times that the server may contradict its earlier responses. */
const CONTRADICTIONS = 5;

const TUS = { "tus-resumable": "1.0.0" };
const BYTES = "application/offset+octet-stream";

export interface Pace {
  readonly backoff: Backoff;
  /** Waits this many milliseconds, or until an earlier attempt may succeed. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

/**
 * Send a file, however often the connection is cut. Raises `ApiError` if the server refuses the
 * file, and the signal's reason once it is aborted.
 */
export async function upload(
  requests: Requests,
  file: Blob,
  name: string,
  options: UploadOptions,
  { backoff, pause }: Pace,
): Promise<FileInfo> {
  const run = new UploadRun(requests, file, name, options);
  let contradictions = 0;
  for (;;) {
    try {
      if (await run.step()) return await run.info();
      backoff.reset();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.transient) {
        run.lost();
        await pause(Math.max((error.retryAfter ?? 0) * 1_000, backoff.next()));
      } else if (!run.contradicted(error.status) || ++contradictions > CONTRADICTIONS) {
        throw error;
      }
    }
  }
}

class UploadRun {
  private address: string | null;
  /** The number of bytes that the server has; null if unknown. */
  private offset: number | null = null;
  private piece = SMALLEST;

  constructor(
    private readonly requests: Requests,
    private readonly file: Blob,
    private readonly name: string,
    private readonly options: UploadOptions,
  ) {
    this.address = options.address ?? null;
  }

  /** Send one request; true once the server has every byte. */
  async step(): Promise<boolean> {
    const began = Date.now();
    if (this.address === null) await this.begin();
    else if (this.offset === null) await this.ask(this.address);
    else if (this.offset < this.file.size) await this.append(this.address, this.offset);
    if (Date.now() - began < QUICK) this.piece = Math.min(this.piece * 2, LARGEST);
    else this.piece = SMALLEST;
    return this.offset !== null && this.offset >= this.file.size;
  }

  info(): Promise<FileInfo> {
    const id = this.address?.split("/").at(-1);
    return this.requests.json("GET", `/v1/files/${id}/info`, this.aborting);
  }

  /** The response did not arrive, so the server's offset is unknown. */
  lost(): void {
    this.offset = null;
  }

  /** True if the upload has another offset than expected, or is gone: continue or start again. */
  contradicted(status: number): boolean {
    if (status === 404) this.address = null;
    this.offset = null;
    return status === 404 || status === 409;
  }

  private async begin(): Promise<void> {
    const { name, file, options } = this;
    const given = {
      filename: name,
      ...(file.type && { filetype: file.type }),
      ...options.metadata,
    };
    const pairs = Object.entries(given).map(([key, value]) => `${key} ${encoded(value)}`);
    if (options.waveform) pairs.push(`waveform ${base64(options.waveform)}`);
    const response = await this.requests.raw("POST", "/v1/uploads", {
      ...this.aborting,
      headers: {
        ...TUS,
        "content-type": BYTES,
        "upload-length": String(file.size),
        "upload-metadata": pairs.join(","),
      },
      body: file.slice(0, this.piece),
    });
    this.address = response.headers.get("location");
    if (this.address) options.onBegun?.(this.address);
    this.reached(response);
  }

  private async ask(address: string): Promise<void> {
    this.reached(await this.requests.raw("HEAD", address, { ...this.aborting, headers: TUS }));
  }

  private async append(address: string, offset: number): Promise<void> {
    const response = await this.requests.raw("PATCH", address, {
      ...this.aborting,
      headers: { ...TUS, "content-type": BYTES, "upload-offset": String(offset) },
      body: this.file.slice(offset, offset + this.piece),
    });
    this.reached(response);
  }

  private reached(response: Response): void {
    this.offset = Number(response.headers.get("upload-offset"));
    this.options.onProgress?.(this.offset);
  }

  private get aborting() {
    return this.options.signal ? { signal: this.options.signal } : {};
  }
}

function encoded(text: string): string {
  return base64(new TextEncoder().encode(text));
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
