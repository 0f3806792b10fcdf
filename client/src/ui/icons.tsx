/** The few drawings of the screen, as strokes on a grid of 24. They are decoration: words say it. */
import type { ReactNode } from 'react'

export interface IconProps {
  size?: number
  /** Mirrors an icon that points along the line of reading. */
  isDirectional?: boolean
}

function icon(strokes: ReactNode) {
  return function Icon({ size = 20, isDirectional = false }: IconProps) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.75}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
        className={isDirectional ? 'maane-directional' : undefined}
        style={{ flexShrink: 0 }}
      >
        {strokes}
      </svg>
    )
  }
}

export const HomeIcon = icon(<path d="M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-6h-6v6H5a1 1 0 0 1-1-1z" />)
export const PromptIcon = icon(
  <>
    <path d="M6 3h9l4 4v13a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z" />
    <path d="M9 11h6M9 15h6M9 7h2" />
  </>,
)
export const FactsIcon = icon(
  <>
    <path d="M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3z" />
    <path d="M9 9h6M9 13h4" />
  </>,
)
export const LeadsIcon = icon(
  <>
    <circle cx="9" cy="8" r="3.5" />
    <path d="M3 20c0-3.500 2.700-6 6-6s6 2.500 6 6M16 5.200a3.300 3.300 0 0 1 0 5.600M18 14.700c1.900.9 3 2.800 3 5.300" />
  </>,
)
export const ChatIcon = icon(
  <>
    <path d="M5 5h14a1.500 1.500 0 0 1 1.500 1.500v9A1.500 1.500 0 0 1 19 17h-6l-5 4v-4H5a1.500 1.500 0 0 1-1.500-1.500v-9A1.500 1.500 0 0 1 5 5z" />
    <path d="M8 9.500h8M8 12.800h5" />
  </>,
)
export const CallIcon = icon(
  <path d="M6.500 3.500h3l1.500 4.500-2 1.500a12 12 0 0 0 5.500 5.500l1.500-2 4.500 1.500v3a2 2 0 0 1-2.200 2A17 17 0 0 1 4.500 5.700a2 2 0 0 1 2-2.200z" />,
)
export const PhoneIcon = icon(
  <>
    <rect x="7" y="2.500" width="10" height="19" rx="2.500" />
    <path d="M11 18.500h2" />
  </>,
)
export const AuditIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.500" />
    <path d="M12 7v5l3 2.500" />
  </>,
)
export const BusinessIcon = icon(
  <>
    <path d="M4 9l1.500-5h13L20 9M5 12v8h14v-8M10 20v-5h4v5" />
    <path d="M4 9a2.700 2.700 0 0 0 5.300 0 2.700 2.700 0 0 0 5.400 0A2.700 2.700 0 0 0 20 9" />
  </>,
)
export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400" />
  </>,
)
export const MoonIcon = icon(
  <path d="M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z" />,
)
export const GlobeIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.500" />
    <path d="M3.500 12h17M12 3.500c2.500 2.400 3.700 5.200 3.700 8.500s-1.200 6.100-3.700 8.500c-2.500-2.400-3.700-5.200-3.700-8.500s1.200-6.100 3.700-8.500z" />
  </>,
)
export const SignOutIcon = icon(<path d="M14 4H6v16h8M11 12h9M17 8.500l3.500 3.500-3.500 3.500" />)
export const PlusIcon = icon(<path d="M12 5v14M5 12h14" />)
export const EditIcon = icon(
  <path d="M4 20l.8-4L16.500 4.300a1.700 1.700 0 0 1 2.400 0l.8.8a1.700 1.700 0 0 1 0 2.400L8 19.200zM14.500 6.500l3 3" />,
)
export const DeleteIcon = icon(
  <path d="M4.500 7h15M10 11v6M14 11v6M6 7l.8 12.200a1 1 0 0 0 1 .8h8.400a1 1 0 0 0 1-.8L18 7M9 7V4h6v3" />,
)
export const SendIcon = icon(<path d="M4 12l16-8-5 17-3.500-7zM11.500 14L20 4" />)
export const BackIcon = icon(<path d="M20 12H5M11 6l-6 6 6 6" />)
export const ForwardIcon = icon(<path d="M4 12h15M13 6l6 6-6 6" />)
export const UpIcon = icon(<path d="M12 20V5M6 11l6-6 6 6" />)
export const EnterIcon = icon(<path d="M10 4h8v16h-8M4 12h9M9.500 8.500L13 12l-3.500 3.500" />)
export const MoreIcon = icon(<path d="M5 12h.01M12 12h.01M19 12h.01" />)
export const WarningIcon = icon(<path d="M12 4L2.800 19.500h18.400zM12 10v4.500M12 17h.01" />)
export const CheckIcon = icon(<path d="M5 12.500l4.500 4.500L19 7" />)
export const PauseIcon = icon(<path d="M9 5v14M15 5v14" />)
export const SparkIcon = icon(
  <path d="M12 3l2 6.500L20.500 12 14 14.500 12 21l-2-6.500L3.500 12 10 9.500z" />,
)
export const SearchIcon = icon(
  <>
    <circle cx="11" cy="11" r="6.500" />
    <path d="M16 16l4.500 4.500" />
  </>,
)
export const NoteIcon = icon(<path d="M5 4h14v10l-5 6H5zM19 14h-5v6M8.500 8.500h7M8.500 12h4" />)
export const UserIcon = icon(
  <>
    <circle cx="12" cy="8" r="4" />
    <path d="M4.500 20.500c.6-4 3.700-6 7.500-6s6.900 2 7.500 6" />
  </>,
)

export const DevicesIcon = icon(
  <>
    <rect x="3" y="5" width="12" height="9" rx="1.5" />
    <path d="M2 18h10" />
    <rect x="15" y="9" width="6" height="11" rx="1.5" />
  </>,
)

export const DownloadIcon = icon(
  <>
    <path d="M12 4v11M7.5 10.5 12 15l4.5-4.5" />
    <path d="M4.5 19.5h15" />
  </>,
)

export const SettingsIcon = icon(
  <>
    <path d="M4 7h9M19 7h1M4 17h1M11 17h9" />
    <circle cx="16" cy="7" r="2.5" />
    <circle cx="8" cy="17" r="2.5" />
  </>,
)

export const DoorIcon = icon(<path d="M6 21V4h9v17M15 7h3v14M3.500 21h17M11.500 12.500h.01" />)
export const CalendarIcon = icon(
  <>
    <path d="M5 5.500h14a1 1 0 0 1 1 1V19a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6.500a1 1 0 0 1 1-1z" />
    <path d="M4 10h16M8.500 3v4M15.500 3v4" />
  </>,
)
export const BellIcon = icon(
  <>
    <path d="M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 1.500h-15z" />
    <path d="M10 20.500h4" />
  </>,
)

export const ShieldIcon = icon(
  <>
    <path d="M12 3.500 5 6v5.500c0 4.500 3 7.500 7 9 4-1.500 7-4.500 7-9V6z" />
    <path d="m9 12 2.200 2.200L15.200 10" />
  </>,
)
export const ImageIcon = icon(
  <>
    <rect x="3.500" y="5" width="17" height="14" rx="2" />
    <circle cx="9" cy="10" r="1.500" />
    <path d="M4 17l5-4 3.500 3L16 12l4.500 4" />
  </>,
)
export const MicrophoneIcon = icon(
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3" />
  </>,
)
export const VideoIcon = icon(
  <>
    <rect x="3" y="6" width="12.500" height="12" rx="2" />
    <path d="M15.500 10.500L21 7.500v9l-5.500-3z" />
  </>,
)
export const PaperIcon = icon(
  <>
    <path d="M7 3h7l4.500 4.500V20a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z" />
    <path d="M13.500 3v5h5" />
  </>,
)
