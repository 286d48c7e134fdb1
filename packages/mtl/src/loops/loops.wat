;; Loops over many float32 numbers, four at a time. `pnpm generate` makes loops.generated.ts of this file.
;;
;; Pages of 16,384 numbers each: for Adam 0 the parameters θ, 1 the gradients g, 2 their running means m, 3 those of their squares v.
;; `end` is the length in bytes, a multiple of 16; what is behind a shorter array counts nothing, or is zero where it would.
(module
  (memory (export "memory") 4 4)

  ;; m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − (rate·m / (√v + epsilon) + decay·θ), with scale·g for g.
  (func (export "adam") (param $end i32) (param $scale f32) (param $rate f32) (param $epsilon f32) (param $decay f32)
    (local $i i32) (local $g v128) (local $m v128) (local $v v128) (local $w v128)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $end)))
        (local.set $g (f32x4.mul (v128.load offset=65536 (local.get $i)) (f32x4.splat (local.get $scale))))
        (local.set $m (f32x4.add
          (f32x4.mul (f32x4.splat (f32.const 0.9)) (v128.load offset=131072 (local.get $i)))
          (f32x4.mul (f32x4.splat (f32.const 0.1)) (local.get $g))))
        (local.set $v (f32x4.add
          (f32x4.mul (f32x4.splat (f32.const 0.999)) (v128.load offset=196608 (local.get $i)))
          (f32x4.mul (f32x4.mul (f32x4.splat (f32.const 0.001)) (local.get $g)) (local.get $g))))
        ;; 0 below the smallest normal number: units that are dead would else compute with denormal ones for good.
        (local.set $m (v128.and
          (local.get $m)
          (f32x4.ge (f32x4.abs (local.get $m)) (f32x4.splat (f32.const 0x1p-126)))))
        (local.set $v (v128.and (local.get $v) (f32x4.ge (local.get $v) (f32x4.splat (f32.const 0x1p-126)))))
        (local.set $w (v128.load (local.get $i)))
        (v128.store offset=131072 (local.get $i) (local.get $m))
        (v128.store offset=196608 (local.get $i) (local.get $v))
        (v128.store (local.get $i) (f32x4.sub
          (local.get $w)
          (f32x4.add
            (f32x4.div
              (f32x4.mul (f32x4.splat (local.get $rate)) (local.get $m))
              (f32x4.add (f32x4.sqrt (local.get $v)) (f32x4.splat (local.get $epsilon))))
            (f32x4.mul (f32x4.splat (local.get $decay)) (local.get $w)))))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br $next))))

  ;; Σ x y of page 0 and of the page that begins at `other`, in float64: the first and the last two of four apart, so that one sum need not wait for the other.
  (func (export "dot") (param $end i32) (param $other i32) (result f64)
    (local $i i32) (local $a v128) (local $b v128)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $end)))
        (local.set $a (f64x2.add (local.get $a) (f64x2.mul
          (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $i)))
          (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $i) (local.get $other)))))))
        (local.set $b (f64x2.add (local.get $b) (f64x2.mul
          (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $i)))
          (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (i32.add (local.get $i) (local.get $other)))))))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br $next)))
    (local.set $a (f64x2.add (local.get $a) (local.get $b)))
    (f64.add (f64x2.extract_lane 0 (local.get $a)) (f64x2.extract_lane 1 (local.get $a)))))
