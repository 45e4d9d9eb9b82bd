/** Files on their way to the server, before a message names them. */

import { ApiError, type FileInfo } from "backchannel-client";
import { useCallback, useEffect, useRef, useState } from "react";
import { t } from "../strings";
import { size } from "../ui/format";
import { client } from "./client";
import { getState } from "./store";

export interface Upload {
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** 0 to 1. */
  readonly progress: number;
  readonly problem: string | null;
  /** An address of the picture on this device. */
  readonly preview: string | null;
}

interface Running extends Upload {
  readonly request: XMLHttpRequest | null;
}

export interface Uploads {
  readonly running: readonly Upload[];
  readonly add: (files: Iterable<File>) => void;
  readonly cancel: (key: string) => void;
}

/** Uploads files one after the other, so that they keep their order; `onDone` is told of each. */
export function useUploads(onDone: (file: FileInfo) => void): Uploads {
  const [running, setRunning] = useState<readonly Running[]>([]);
  const done = useRef(onDone);
  done.current = onDone;
  const live = useRef(running);
  live.current = running;

  const cancelled = useRef(new Set<string>());
  const last = useRef<Promise<unknown>>(Promise.resolve());

  const change = useCallback((key: string, fields: Partial<Running>) => {
    setRunning((all) => all.map((each) => (each.key === key ? { ...each, ...fields } : each)));
  }, []);
  const drop = useCallback((key: string) => {
    const gone = live.current.find((each) => each.key === key);
    cancelled.current.add(key);
    gone?.request?.abort();
    if (gone?.preview) URL.revokeObjectURL(gone.preview);
    setRunning((all) => all.filter((each) => each.key !== key));
  }, []);

  const add = useCallback(
    (files: Iterable<File>) => {
      for (const file of files) {
        const key = crypto.randomUUID();
        setRunning((all) => [...all, begun(key, file)]);
        const begin = async () => {
          if (cancelled.current.has(key)) return;
          const info = await send(file, {
            started: (request) => change(key, { request }),
            progressed: (progress) => change(key, { progress }),
          });
          drop(key);
          done.current(info);
        };
        last.current = last.current
          .then(begin)
          .catch((error: unknown) => change(key, { problem: problemOf(error), request: null }));
      }
    },
    [change, drop],
  );
  useEffect(
    () => () => {
      for (const each of live.current) {
        cancelled.current.add(each.key);
        each.request?.abort();
      }
    },
    [],
  );
  return { running, add, cancel: drop };
}

function begun(key: string, file: File): Running {
  const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
  const { name, type } = file;
  return { key, name, type, size: file.size, progress: 0, problem: null, preview, request: null };
}

interface Watching {
  readonly started: (request: XMLHttpRequest) => void;
  readonly progressed: (progress: number) => void;
}

/** `fetch` cannot tell how much has been sent. Raises `ApiError`. */
async function send(file: File, watching: Watching): Promise<FileInfo> {
  const limit = getState().config?.file_limit;
  if (limit && file.size > limit) throw new ApiError(413, "too_large", t.tooLarge(size(limit)));
  const token = await client.session.token();
  const body = new FormData();
  body.set("file", file, file.name || "file");
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    watching.started(request);
    request.open("POST", "/v1/files");
    request.setRequestHeader("authorization", `Bearer ${token}`);
    request.responseType = "json";
    request.upload.onprogress = (event) => watching.progressed(event.loaded / event.total);
    request.onerror = () => reject(new ApiError(0, "unreachable", t.unreachable));
    request.onabort = request.onerror;
    request.onload = () => {
      const answer = request.response as (FileInfo & { message?: string; code?: string }) | null;
      if (request.status < 300 && answer) resolve(answer);
      else reject(new ApiError(request.status, answer?.code ?? "", answer?.message ?? ""));
    };
    request.send(body);
  });
}

function problemOf(error: unknown): string {
  return error instanceof ApiError && error.message ? error.message : t.uploadFailed;
}
