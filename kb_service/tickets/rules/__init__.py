"""The rules of a ticket, without any IO: its whole life (`life`), and whom they take an account for."""
