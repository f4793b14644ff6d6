/* SPDX-License-Identifier: Apache-2.0
 *
 * send.bpf.c, compiled, as bytes in the program that loads it.
 */
  .section .rodata
  .global trestle_send_bpf, trestle_send_bpf_end
  .balign 8
trestle_send_bpf:
  .incbin "send.bpf.o"
trestle_send_bpf_end:
  .section .note.GNU-stack, "", @progbits
