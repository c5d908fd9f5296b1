"use strict";
// One transport per sample. Videos keep step by time, not by frame, so that unlike frame rates show the same moment.
const DRIFT = 0.05;

class Player {
  constructor(sample) {
    this.sample = sample;
    this.videos = [...sample.querySelectorAll("video")];
    this.bar = sample.querySelector(".transport");
    this.time = 0;
    this.playing = false;
    this.errors = false;
    this.listeners = [];
    if (!this.videos.length) return;
    this.bar.hidden = false;
    this.slider = this.bar.querySelector("input");
    this.button = this.bar.querySelector("[data-play]");
    this.button.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => { this.pause(); this.seek(Number(this.slider.value)); });
    this.bar.querySelector("[data-rate]").addEventListener("change", (event) => {
      this.videos.forEach((video) => { video.playbackRate = Number(event.target.value); });
    });
    for (const button of this.bar.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.step(Number(button.dataset.step)));
    }
    for (const choice of this.sample.querySelectorAll(".look input")) {
      choice.addEventListener("change", () => this.look(choice.value === "error"));
      if (choice.checked && choice.value === "error") this.look(true);  // a browser may bring choices back
    }
    for (const video of this.videos) {
      video.addEventListener("loadedmetadata", () => {
        video.style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
        if (!this.playing) video.currentTime = Math.min(this.time, video.duration);
        this.slider.max = this.duration;
        this.show();
      });
    }
  }

  get duration() { return Math.max(0, ...this.videos.map((video) => video.duration || 0)); }

  // The longest video that is shown keeps the clock.
  get clock() {
    const shown = this.videos.filter((video) => video.offsetParent && video.duration);
    return shown.reduce((a, b) => (a && a.duration >= b.duration ? a : b), null);
  }

  load() {
    for (const video of this.videos) if (!video.hasAttribute("src")) video.src = this.source(video);
  }

  source(video) { return (this.errors && video.dataset.error) || video.dataset.src; }

  // Error maps take the place of the pictures that have one, at the same time of the clip.
  look(errors) {
    this.errors = errors;
    this.sample.classList.toggle("errors", errors);
    for (const video of this.videos) if (video.dataset.error && video.hasAttribute("src")) video.src = this.source(video);
  }

  // Browsers bound how many videos a page may hold open: those far from the screen are let go.
  unload() {
    if (this.playing) this.pause();
    for (const video of this.videos) if (video.hasAttribute("src")) { video.removeAttribute("src"); video.load(); }
  }

  toggle() { if (this.playing) this.pause(); else this.play(); }

  play() {
    this.load();
    this.playing = true;
    this.button.textContent = "❚❚";
    this.button.setAttribute("aria-label", "Pause");
    if (this.time >= this.duration - 0.02) this.seek(0);
    this.videos.forEach((video) => this.start(video));
    requestAnimationFrame(() => this.tick());
  }

  start(video) { if (!video.ended) video.play().catch(() => {}); }

  pause() {
    this.playing = false;
    this.button.textContent = "▶";
    this.button.setAttribute("aria-label", "Play");
    this.videos.forEach((video) => video.pause());
    this.seek(this.time);
  }

  tick() {
    if (!this.playing) return;
    const clock = this.clock;
    if (clock && clock.ended) {
      this.seek(0);
      this.videos.forEach((video) => this.start(video));
    } else if (clock) {
      this.time = clock.currentTime;
      for (const video of this.videos) {
        const aim = Math.min(this.time, video.duration || 0);
        if (video !== clock && !video.seeking && Math.abs(video.currentTime - aim) > DRIFT) video.currentTime = aim;
        if (video.paused && this.time < video.duration) this.start(video);
      }
      this.show();
    }
    requestAnimationFrame(() => this.tick());
  }

  jump(time) { if (this.videos.length) { this.pause(); this.seek(time); } }

  seek(time) {
    this.load();
    this.time = Math.max(0, Math.min(time, this.duration));
    for (const video of this.videos) video.currentTime = Math.min(this.time, video.duration || this.time);
    this.show();
  }

  step(frames) {
    this.pause();
    const fps = Math.max(...this.videos.map((video) => Number(video.dataset.fps) || 0)) || 24;
    // Half a frame in, so that rounding never shows the neighbour.
    this.seek((Math.floor(this.time * fps + 1e-3) + frames + 0.5) / fps);
  }

  show() {
    this.slider.value = this.time;
    this.bar.querySelector("output").textContent = `${this.time.toFixed(2)} / ${this.duration.toFixed(2)} s`;
    this.listeners.forEach((listener) => listener(this.time));
  }
}

const players = new Map();
for (const sample of document.querySelectorAll(".sample")) players.set(sample.dataset.key, new Player(sample));

const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const player = players.get(target.dataset.key);
    if (isIntersecting) {
      player.load();
      target.dispatchEvent(new CustomEvent("near"));
    } else {
      player.unload();
    }
  }
}, { rootMargin: "600px" });
document.querySelectorAll(".sample").forEach((sample) => near.observe(sample));
