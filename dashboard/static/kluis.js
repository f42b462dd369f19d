/* SPDX-License-Identifier: EUPL-1.2 */
/* What makes pages kinder when script runs. Without it every form works as it is. */

"use strict";

/* Decision 47: what is deleted is gone, so the page waits a moment before it asks. */
function waitBeforeSending(form) {
  const status = form.querySelector("[role=status]");
  const undo = form.querySelector("button[type=button]");
  const row = undo.parentElement;
  let timer = 0;
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    status.textContent = "";
    row.hidden = true;
    form.querySelector(".pair").hidden = false;
    form.querySelector(".pair button").focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (timer) return;
    status.textContent = form.dataset.waiting;
    row.hidden = false;
    form.querySelector(".pair").hidden = true;
    undo.focus();
    timer = setTimeout(() => form.submit(), Number(form.dataset.undo) * 1000);
  });
  undo.addEventListener("click", stop);
  form.addEventListener("keydown", (event) => { if (event.key === "Escape" && timer) stop(); });
  addEventListener("pagehide", () => clearTimeout(timer));
}

/* A file is dropped or chosen, and sent with its progress shown. */
function sendWithProgress(form) {
  const field = form.querySelector("input[type=file]");
  const status = form.querySelector("[role=status]");
  const bar = form.querySelector("progress");
  let sending = false;
  const hold = (event) => { event.preventDefault(); form.classList.add("over"); };
  form.addEventListener("dragover", hold);
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    if (event.dataTransfer.files.length) field.files = event.dataTransfer.files;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    const asked = new XMLHttpRequest();
    const broken = () => {
      sending = false;
      bar.hidden = true;
      status.textContent = form.dataset.broken;
    };
    asked.upload.addEventListener("progress", (now) => {
      if (!now.lengthComputable) return;
      const share = Math.round((100 * now.loaded) / now.total);
      bar.hidden = false;
      bar.value = share;
      status.textContent = form.dataset.busy.replace("#", share);
    });
    asked.addEventListener("error", broken);
    asked.addEventListener("abort", broken);
    asked.addEventListener("load", () => {
      sending = false;
      const moved = asked.responseURL && new URL(asked.responseURL).pathname !== location.pathname;
      if (asked.status < 400 && moved) location.assign(asked.responseURL);
      else showAnswer(asked.responseText);
    });
    asked.open("POST", form.action);
    asked.setRequestHeader("Accept", "text/html");
    asked.send(new FormData(form));
  });
}

/* The server's page with what went wrong, in place of this one. */
function showAnswer(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const main = page.querySelector("main");
  if (!main) return;
  document.title = page.title;
  document.querySelector("main").replaceWith(document.adoptNode(main));
  begin();
}

function begin() {
  document.querySelectorAll("form[data-undo]").forEach(waitBeforeSending);
  document.querySelectorAll("form[data-upload]").forEach(sendWithProgress);
  const errors = document.getElementById("fouten");
  if (errors) errors.focus();
}

begin();
